//! Which samples and frames are looked at: the filters of `go tool pprof`.

use profile::Filter;

use crate::field::Field;

/// A filter that is typed in.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum FilterKind {
    /// Only samples with a matching frame.
    Focus,
    /// No samples with a matching frame.
    Ignore,
    /// Frames that match are taken out.
    Hide,
    /// Only samples with a matching label.
    TagFocus,
    /// No samples with a matching label.
    TagIgnore,
}

/// The filters as they were typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filters {
    fields: [Field; FilterKind::ALL.len()],
}

impl FilterKind {
    pub(crate) const ALL: [Self; 5] = [
        Self::Focus,
        Self::Ignore,
        Self::Hide,
        Self::TagFocus,
        Self::TagIgnore,
    ];

    /// What `go tool pprof` calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Focus => "focus",
            Self::Ignore => "ignore",
            Self::Hide => "hide",
            Self::TagFocus => "tagfocus",
            Self::TagIgnore => "tagignore",
        }
    }
}

impl Filters {
    pub(crate) fn field(&self, kind: FilterKind) -> &Field {
        &self.fields[kind as usize]
    }

    pub(crate) fn field_mut(&mut self, kind: FilterKind) -> &mut Field {
        &mut self.fields[kind as usize]
    }

    /// Those that are set.
    pub(crate) fn set(&self) -> impl Iterator<Item = (FilterKind, &str)> {
        let all = FilterKind::ALL.into_iter();
        all.map(|kind| (kind, self.field(kind).as_str()))
            .filter(|(_, pattern)| !pattern.is_empty())
    }

    pub(crate) fn clear(&mut self) {
        self.fields.iter_mut().for_each(Field::clear);
    }

    /// What they do to profiles; none if there are none.
    pub(crate) fn compile(&self) -> Result<Option<Filter>, profile::Error> {
        let mut filter = Filter::default();
        for (kind, pattern) in self.set() {
            filter = match kind {
                FilterKind::Focus => filter.focus(pattern),
                FilterKind::Ignore => filter.ignore(pattern),
                FilterKind::Hide => filter.hide(pattern),
                FilterKind::TagFocus => filter.tag_focus(pattern),
                FilterKind::TagIgnore => filter.tag_ignore(pattern),
            }?;
        }
        Ok(self.set().next().map(|_| filter))
    }
}
