//! Everything the screen is drawn from.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{At, Path, Profile, ProfileKind, TargetId, TargetInfo};

use crate::board::Board;
use crate::draw::chart::Window;
use crate::field::Field;
use crate::lints::Found;
use crate::live::Live;
use crate::matcher::Matcher;
use crate::profiling::{FilterKind, Mode, Prepared, Profiling, Work};
use crate::ring::RingOptions;
use crate::sources::Sources;
use crate::target::{Limits, Target};
use crate::theme::{Colors, Palette, Theme};
use crate::tree::Tree;
use crate::view::header;

/// What the console is told at its start.
#[derive(Clone, Debug)]
pub struct Options {
    /// Time between two readings of a target: what "stale" is measured by.
    pub interval: Duration,
    /// How many colours to use.
    pub colors: Colors,
    /// Which colours those are.
    pub palette: Palette,
    /// What the variables are filtered by at the start.
    pub filter: String,
    /// Variables to pin to the board at the start, by path. With none, the board shows the target's key numbers.
    pub pins: Vec<Path>,
    /// Length of one CPU capture, in seconds.
    pub profile_seconds: u32,
    /// How CPU profiles are kept in the background.
    pub ring: RingOptions,
    /// Entries kept of each variable's history, 12 bytes each.
    pub history: usize,
    /// Variables kept of all targets together; each target gets its share, at most [`TARGET_VARIABLES`].
    pub variables: usize,
}

/// The most variables kept of one target. A target that has more is said to.
pub const TARGET_VARIABLES: usize = 2_000;
/// The fewest a target may keep, however many targets there are.
const FEWEST_VARIABLES: usize = 16;

impl Default for Options {
    /// A reading each second, 15 minutes of history, at most 8,000 variables. Histories then take at most 8,000 × 900 × 12
    /// bytes, 86 MB, when all variables are numbers and have been watched for that long; and the key numbers at most
    /// 12 × 900 × 12 bytes, 130 kB, for each target, less those that mirror one variable.
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            colors: Colors::default(),
            palette: Palette::default(),
            filter: String::new(),
            pins: Vec::new(),
            profile_seconds: 3,
            ring: RingOptions::default(),
            history: 900,
            variables: 8_000,
        }
    }
}

/// The console's state. [`update`](crate::update()) changes it, [`view`](crate::view()) draws it.
#[derive(Debug)]
pub struct State {
    pub(crate) options: Options,
    pub(crate) theme: Theme,
    pub(crate) size: (u16, u16),
    pub(crate) now: At,
    pub(crate) paused: Option<At>,
    pub(crate) targets: Vec<Target>,
    pub(crate) selected: usize,
    pub(crate) tab: Tab,
    pub(crate) window: usize,
    /// What is being typed, if anything.
    pub(crate) typing: Option<Ask>,
    /// What the last thing done to a file came to.
    pub(crate) notice: Option<Result<String, String>>,
    /// A file's name being typed.
    pub(crate) file: Field,
    /// The list of keys, scrolled by so many lines.
    pub(crate) help: Option<usize>,
    /// The variable looked at closely.
    pub(crate) detail: Option<Path>,
    /// The card of the overview that is selected.
    pub(crate) card: usize,
    pub(crate) variables: Variables,
    pub(crate) board: Board,
    /// Variables shown by rate instead of value, or the other way round.
    pub(crate) flipped: HashSet<Path>,
    /// The profiles, in the order of [`Tab::PROFILES`].
    profiles: [Profiling; Tab::PROFILES.len()],
    /// Source files that were asked for.
    pub(crate) sources: Sources,
    /// The file that is looked at, if one is: then there is nothing else to look at.
    pub(crate) still: Option<Still>,
    /// The profiles that were asked for.
    pub(crate) watching: Vec<(TargetId, ProfileKind)>,
    /// The views of what runs.
    pub(crate) live: Live,
}

/// A profile from a file.
#[derive(Clone, Debug)]
pub(crate) struct Still {
    /// What the profile is called that it is compared with.
    base: String,
    /// The sample type asked for.
    sample_type: Option<String>,
    /// Whether it was read.
    pub(crate) opened: bool,
}

/// The views, in the order of their numbers.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tab {
    #[default]
    Overview,
    Variables,
    Board,
    Cpu,
    Heap,
    Tasks,
    Locks,
    Runtime,
    Lints,
    Explain,
}

/// What is typed into the line at the bottom.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// A filter of variables or a search for functions.
    Search,
    /// A filter of samples or frames.
    Filter(FilterKind),
    /// The file to compare with.
    Base,
    /// The file to write to.
    Export,
}

/// The tree of variables and where one is in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    pub(crate) filter: Field,
    pub(crate) toggled: HashSet<Path>,
    pub(crate) tree: Tree,
    /// The selected row.
    pub(crate) cursor: usize,
    /// The target, its shape and the filter that the tree was made for.
    pub(crate) made_for: Option<(TargetId, u64)>,
}

/// Lengths of the time shown in charts, in seconds.
const WINDOWS: [u64; 10] = [15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 21_600];

impl Tab {
    pub(crate) const ALL: [Self; 10] = [
        Self::Overview,
        Self::Variables,
        Self::Board,
        Self::Cpu,
        Self::Heap,
        Self::Tasks,
        Self::Locks,
        Self::Runtime,
        Self::Lints,
        Self::Explain,
    ];

    /// The digit that leads to it.
    pub(crate) fn digit(self) -> char {
        match self {
            Self::Overview => '1',
            Self::Variables => '2',
            Self::Board => '3',
            Self::Cpu => '4',
            Self::Heap => '5',
            Self::Tasks => '6',
            Self::Locks => '7',
            Self::Runtime => '8',
            Self::Lints => '9',
            Self::Explain => '0',
        }
    }
    /// Those that show profiles.
    pub(crate) const PROFILES: [Self; 4] = [Self::Cpu, Self::Heap, Self::Tasks, Self::Locks];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Variables => "Variables",
            Self::Board => "Board",
            Self::Cpu => "CPU",
            Self::Heap => "Heap",
            Self::Tasks => "Tasks",
            Self::Locks => "Locks",
            Self::Runtime => "Runtime",
            Self::Lints => "Lints",
            Self::Explain => "Explain",
        }
    }

    /// Its place among [`Tab::PROFILES`].
    fn profile(self) -> Option<usize> {
        Self::PROFILES.iter().position(|tab| *tab == self)
    }

    /// Whether it shows profiles.
    pub(crate) fn is_profile(self) -> bool {
        self.profile().is_some()
    }

    /// Nothing captured yet, in the way it is looked at there.
    fn profiling(self) -> Profiling {
        match self {
            Self::Heap => Profiling::new(&[ProfileKind::Heap, ProfileKind::Allocs], Mode::Graph),
            Self::Tasks => Profiling::new(&[ProfileKind::Goroutine], Mode::Stacks),
            Self::Locks => Profiling::new(&[ProfileKind::Mutex, ProfileKind::Block], Mode::Graph),
            _ => Profiling::new(&[ProfileKind::Cpu, ProfileKind::ThreadCreate], Mode::Graph),
        }
    }
}

impl State {
    /// A console that has seen nothing yet.
    pub fn new(options: Options) -> Self {
        let theme = Theme::of(options.colors, options.palette);
        let variables = Variables {
            filter: Field::from(options.filter.as_str()),
            ..Variables::default()
        };
        let pins = options.pins.clone();
        let window = first_window(&options);
        Self {
            theme,
            size: (0, 0),
            now: At::ZERO,
            paused: None,
            targets: Vec::new(),
            selected: 0,
            tab: Tab::default(),
            window,
            typing: None,
            notice: None,
            file: Field::default(),
            help: None,
            detail: None,
            card: 0,
            variables,
            board: Board::new(pins),
            flipped: HashSet::new(),
            profiles: Tab::PROFILES.map(Tab::profiling),
            sources: Sources::default(),
            still: None,
            watching: Vec::new(),
            live: Live::default(),
            options,
        }
    }

    /// A console that looks at a profile from a file, and at nothing else; with `base`, compared with that. Both are
    /// names: the profiles follow as [`FileNews::Opened`](crate::FileNews::Opened).
    pub fn of_file(
        options: Options,
        name: &str,
        base: Option<&str>,
        sample_type: Option<&str>,
    ) -> Self {
        let mut state = Self::new(options);
        let info = TargetInfo {
            id: TargetId(0),
            name: name.to_owned(),
            url: String::new(),
            pod: None,
        };
        state.targets.push(Target::new(&info));
        state.tab = Tab::Cpu;
        state.still = Some(Still {
            base: base.unwrap_or_default().to_owned(),
            sample_type: sample_type.map(str::to_owned),
            opened: false,
        });
        state
    }

    /// Shows the profile that was read, compared with the other one.
    pub(crate) fn open(&mut self, profile: Arc<Profile>, base: Option<Arc<Profile>>) {
        let Some(still) = &mut self.still else { return };
        still.opened = true;
        let still = still.clone();
        self.tab = tab_of(&profile);
        let shown = self.profiling_mut();
        shown.turn_to(TargetId(0), shown.kind);
        if let Some(sample_type) = &still.sample_type {
            shown.choose_sample_type(sample_type);
        }
        shown.captured(TargetId(0), At::ZERO, profile);
        shown.refresh();
        if let Some(base) = base {
            shown.compare_with_file(&still.base, base);
        }
    }

    /// Work to be done, on another thread if keys are not to wait: to be asked for after each
    /// [`update`](crate::update()). What comes of it goes back as [`Input::Prepared`](crate::Input::Prepared).
    pub fn work(&mut self) -> Vec<Work> {
        let mut work = Vec::new();
        for (place, profiling) in self.profiles.iter_mut().enumerate() {
            let request = profiling.take_request();
            work.extend(request.map(|request| Work::prepare(place, request)));
            let trash = profiling.take_trash();
            if !trash.is_empty() {
                work.push(Work::forget(trash));
            }
        }
        work
    }

    /// Whether work was given out and is awaited: then how far it has come is news on the screen.
    pub fn is_waiting(&self) -> bool {
        self.tab.is_profile() && self.profiling().preparing().is_some()
    }

    /// While the display is held: what has to change for the next frame to differ from the one before, but for keys and
    /// sizes. As long as it stays the same, nothing needs to be drawn.
    pub fn held(&self) -> Option<String> {
        header::held(self)
    }

    /// What looks wrong with the selected target at present.
    pub fn findings(&self) -> Vec<Found> {
        let findings = self
            .target()
            .into_iter()
            .flat_map(|target| target.lints.findings());
        findings.map(|finding| finding.found()).collect()
    }

    pub(crate) fn take_prepared(&mut self, prepared: Prepared) {
        if let Some(profiling) = self.profiles.get_mut(prepared.place) {
            profiling.prepared(prepared.product);
        }
    }

    /// The profile on the screen; the CPU's where none is.
    pub(crate) fn profiling(&self) -> &Profiling {
        &self.profiles[self.tab.profile().unwrap_or(0)]
    }

    /// The view of the CPU's profile, whichever is on the screen.
    pub(crate) fn cpu_mut(&mut self) -> &mut Profiling {
        &mut self.profiles[0]
    }

    pub(crate) fn profiling_mut(&mut self) -> &mut Profiling {
        &mut self.profiles[self.tab.profile().unwrap_or(0)]
    }

    /// All profiles, those not on the screen as well.
    pub(crate) fn profiles_mut(&mut self) -> &mut [Profiling] {
        &mut self.profiles
    }

    pub(crate) fn target(&self) -> Option<&Target> {
        self.targets.get(self.selected)
    }

    pub(crate) fn target_mut(&mut self, id: TargetId) -> Option<&mut Target> {
        // Ids are places in the list, as a rule.
        let at = id.0 as usize;
        if self
            .targets
            .get(at)
            .is_some_and(|target| target.info.id == id)
        {
            return self.targets.get_mut(at);
        }
        self.targets.iter_mut().find(|target| target.info.id == id)
    }

    /// The moment shown: the present, or when the display was paused.
    pub(crate) fn shown(&self) -> At {
        self.paused.unwrap_or(self.now)
    }

    /// The time shown in charts.
    pub(crate) fn window(&self) -> Window {
        Window {
            end: self.shown(),
            span: Duration::from_secs(WINDOWS[self.window]),
        }
    }

    /// Shows a longer or a shorter time; at most what is remembered.
    pub(crate) fn change_window(&mut self, longer: bool) {
        let next = if longer {
            self.window + 1
        } else {
            self.window.saturating_sub(1)
        };
        if next < self.window
            || WINDOWS
                .get(next)
                .is_some_and(|span| *span <= self.remembered())
        {
            self.window = next;
        }
    }

    /// How much is kept of each target.
    pub(crate) fn limits(&self) -> Limits {
        let share = self.options.variables / self.targets.len().max(1);
        Limits {
            variables: share.clamp(FEWEST_VARIABLES, TARGET_VARIABLES),
            history: self.options.history,
            interval: self.options.interval,
        }
    }

    /// Whether a chart of this variable shows its rate.
    pub(crate) fn is_rated(&self, path: &Path, variable: &crate::variable::Variable) -> bool {
        variable.rated(self.flipped.contains(path))
    }

    /// What is being typed; otherwise the filter or search that belongs to what is shown.
    pub(crate) fn field(&self) -> Option<&Field> {
        match self.typing {
            Some(Ask::Filter(kind)) => Some(self.profiling().filters.field(kind)),
            Some(Ask::Base | Ask::Export) => Some(&self.file),
            _ if self.tab == Tab::Variables && self.detail.is_none() => {
                Some(&self.variables.filter)
            }
            _ if self.tab.is_profile() => Some(&self.profiling().search),
            _ if self.tab == Tab::Explain => Some(&self.live.explain.filter),
            _ if self.tab == Tab::Overview && self.detail.is_none() && self.targets.len() > 1 => {
                Some(&self.live.fleet.filter)
            }
            _ => None,
        }
    }

    pub(crate) fn field_mut(&mut self) -> Option<&mut Field> {
        match self.typing {
            Some(Ask::Filter(kind)) => Some(self.profiling_mut().filters.field_mut(kind)),
            Some(Ask::Base | Ask::Export) => Some(&mut self.file),
            _ if self.tab == Tab::Variables && self.detail.is_none() => {
                Some(&mut self.variables.filter)
            }
            _ if self.tab.is_profile() => Some(&mut self.profiling_mut().search),
            _ if self.tab == Tab::Explain => Some(&mut self.live.explain.filter),
            _ if self.tab == Tab::Overview && self.detail.is_none() && self.targets.len() > 1 => {
                Some(&mut self.live.fleet.filter)
            }
            _ => None,
        }
    }

    /// The variable that the cursor is on.
    pub(crate) fn under_cursor(&self) -> Option<Path> {
        if self.detail.is_some() && self.tab != Tab::Explain {
            return self.detail.clone();
        }
        let target = self.target()?;
        match self.tab {
            Tab::Overview => target.vitals.list.get(self.card)?.path().cloned(),
            Tab::Variables => match &self.variables.tree.rows.get(self.variables.cursor)?.node {
                crate::tree::Node::Leaf(path) => Some(path.clone()),
                crate::tree::Node::Branch { .. } => None,
            },
            Tab::Board => self
                .board
                .charts(target)
                .get(self.board.cursor)?
                .path(target)
                .cloned(),
            Tab::Runtime => crate::view::runtime::selected(self, target),
            Tab::Lints => crate::update::lint_at(target, self.live.lint)?
                .evidence
                .path
                .clone(),
            Tab::Cpu | Tab::Heap | Tab::Tasks | Tab::Locks | Tab::Explain => None,
        }
    }

    /// How far back histories reach, in seconds.
    fn remembered(&self) -> u64 {
        (self.options.interval * u32::try_from(self.options.history).unwrap_or(u32::MAX)).as_secs()
    }
}

impl Variables {
    /// Makes the tree anew, the cursor staying on its row.
    pub(crate) fn rebuild(&mut self, target: &Target) {
        let at = self
            .tree
            .rows
            .get(self.cursor)
            .map(|row| row.node.path().clone());
        let filter = Matcher::new(self.filter.as_str());
        self.tree = Tree::new(target.variables.keys(), &filter, &self.toggled);
        let found = at.and_then(|path| self.tree.position(&path));
        self.cursor = found
            .unwrap_or(self.cursor)
            .min(self.tree.rows.len().saturating_sub(1));
        self.made_for = Some((target.info.id, target.shape));
    }
}

/// Where a profile from a file is shown: told by what it measures.
fn tab_of(profile: &Profile) -> Tab {
    let measures = |kinds: &[&str]| {
        let mut types = profile.sample_types.iter();
        types.any(|of| kinds.contains(&of.kind.as_str()))
    };
    if measures(&["inuse_space", "alloc_space", "space"]) {
        Tab::Heap
    } else if measures(&["goroutine"]) {
        Tab::Tasks
    } else if measures(&["contentions"]) {
        Tab::Locks
    } else {
        Tab::Cpu
    }
}

/// A minute, or sixty readings where they are rarer.
fn first_window(options: &Options) -> usize {
    let wanted = (options.interval.as_secs_f64() * 60.0).max(60.0);
    WINDOWS
        .iter()
        .position(|span| *span as f64 >= wanted)
        .unwrap_or(WINDOWS.len() - 1)
}
