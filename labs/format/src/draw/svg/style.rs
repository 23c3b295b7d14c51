//! The picture's style sheet and patterns.

use super::xml::Xml;
use crate::SpanKind;

/// The style sheet that every picture brings along, so that a page with a strict policy can allow exactly it.
///
/// Scoped by the class `swim`, so that it can stand in a page. The colours of the kinds are those of Okabe and Ito,
/// which the colour-blind can tell apart; height and pattern say the same once more.
pub const STYLE: &str = "
.swim{--s-fg:var(--swim-fg,var(--fg,#1f2328));--s-dim:var(--swim-dim,#59636e);--s-grid:var(--swim-grid,#d8dee4);--s-bg:var(--swim-bg,var(--bg,#ffffff));\
--s-running:var(--swim-running,#009e73);--s-waiting:var(--swim-waiting,#d98e00);--s-blocked:var(--swim-blocked,#d55e00);--s-holding:var(--swim-holding,#0072b2);\
font:12px system-ui,-apple-system,'Segoe UI','Noto Sans',sans-serif;max-width:100%}
@media (prefers-color-scheme:dark){.swim{--s-fg:var(--swim-fg,var(--fg,#e6edf3));--s-dim:var(--swim-dim,#9aa4af);--s-grid:var(--swim-grid,#30363d);\
--s-bg:var(--swim-bg,var(--bg,#0d1117));--s-running:var(--swim-running,#1fb58a);--s-waiting:var(--swim-waiting,#e8a921);--s-blocked:var(--swim-blocked,#f0763a);--s-holding:var(--swim-holding,#56b4e9)}}
.swim text{fill:var(--s-fg);stroke:var(--s-bg);stroke-width:3px;stroke-linejoin:round;paint-order:stroke}.swim .s-dim{fill:var(--s-dim)}.swim .s-head{font-size:15px;font-weight:600}.swim .s-name{font-weight:600}
.swim .s-num{font-variant-numeric:tabular-nums}
.swim .s-page{fill:var(--s-bg)}.swim .s-grid{stroke:var(--s-grid)}.swim .s-track{fill:var(--s-grid);opacity:.45}
.swim .s-running{fill:var(--s-running);stroke:var(--s-bg);stroke-width:1}.swim .s-waiting,.swim .s-blocked{stroke-width:.75}
.swim .s-waiting{stroke:var(--s-waiting)}.swim .s-blocked{stroke:var(--s-blocked)}.swim .s-holding{fill:var(--s-holding);stroke:var(--s-bg);stroke-width:1}
.swim .s-tick{fill:var(--s-running);stroke:var(--s-running);stroke-width:1.2}.swim .s-hover{fill:transparent}
.swim .s-arrow{stroke:var(--s-fg);stroke-width:1;opacity:.62}.swim .s-point{fill:var(--s-fg);opacity:.8}.swim .s-mark{stroke:var(--s-fg);stroke-dasharray:2 3}
.swim .s-area{fill:var(--s-holding);opacity:.32}.swim .s-line{fill:none;stroke:var(--s-holding);stroke-width:1.5;vector-effect:non-scaling-stroke}
.swim .s-limit{stroke:var(--s-dim);stroke-dasharray:5 4}
.swim .s-span:hover{stroke:var(--s-fg);stroke-width:2}.swim .s-hover:hover{fill:var(--s-fg);fill-opacity:.12}.swim .s-arrow:hover{opacity:1;stroke-width:3}
.swim .s-narrow{display:none}@media (max-width:640px){.swim .s-narrow{display:inline}.swim .s-wide{display:none}.swim .s-head{font-size:13px}}
";

/// Writes the style sheet, the patterns and the arrow's head. `id` keeps two pictures in one page apart.
pub(super) fn write(xml: &mut Xml, id: &str) {
    xml.style(STYLE);
    xml.open("defs", &[]);
    for (kind, angle, gap) in [
        (SpanKind::Waiting, 45, 5),
        (SpanKind::Blocked, -45, 3),
        (SpanKind::Holding, 90, 4),
    ] {
        pattern(xml, id, kind, angle, gap);
    }
    xml.open(
        "marker",
        &[
            ("id", &format!("{id}-head")),
            ("viewBox", &"0 0 6 6"),
            ("refX", &5),
            ("refY", &3),
            ("markerWidth", &6),
            ("markerHeight", &6),
            ("markerUnits", &"userSpaceOnUse"),
            ("orient", &"auto"),
        ],
    );
    xml.empty("path", &[("d", &"M0 .5 6 3 0 5.5z"), ("class", &"s-point")]);
    xml.close();
    xml.close();
    xml.line();
}

/// Stripes in the kind's colour on a tint of it.
fn pattern(xml: &mut Xml, id: &str, kind: SpanKind, angle: i32, gap: u32) {
    let colour = format!("var(--s-{})", kind.name());
    xml.open(
        "pattern",
        &[
            ("id", &format!("{id}-{}", kind.name())),
            ("width", &gap),
            ("height", &gap),
            ("patternUnits", &"userSpaceOnUse"),
            ("patternTransform", &format!("rotate({angle})")),
        ],
    );
    xml.empty(
        "rect",
        &[
            ("width", &gap),
            ("height", &gap),
            ("fill", &colour),
            ("fill-opacity", &".25"),
        ],
    );
    xml.empty(
        "path",
        &[
            ("d", &format!("M.75 0V{gap}")),
            ("stroke", &colour),
            ("stroke-width", &"1.5"),
        ],
    );
    xml.close();
}

/// The attribute that fills an element of this kind.
pub(super) fn fill(id: &str, kind: SpanKind) -> String {
    match kind {
        SpanKind::Running | SpanKind::Holding => format!("var(--s-{})", kind.name()),
        SpanKind::Waiting | SpanKind::Blocked => format!("url(#{id}-{})", kind.name()),
    }
}
