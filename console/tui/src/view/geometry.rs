//! How the screen is divided: what `update` must know of it as well.

use ratatui::layout::Rect;

/// The part between header and footer. On low screens the header loses its second line, then the footer goes.
pub(crate) fn body(size: (u16, u16)) -> Rect {
    let (width, height) = size;
    let header = match height {
        0..=1 => height,
        2..=8 => 1,
        _ => 2,
    };
    let footer = u16::from(height > 3);
    Rect {
        x: 0,
        y: header,
        width,
        height: height.saturating_sub(header + footer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_never_exceed_the_screen() {
        for height in 0..100 {
            let body = body((80, height));
            assert!(body.y + body.height <= height, "height {height}");
        }
    }
}
