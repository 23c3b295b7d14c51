//! Slices of long lists.

use crate::invalid::{Invalid, within};

/// How many items a page holds at most: `1..=`[`PageLimit::MAX`], 20 unless asked otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit(usize);

impl PageLimit {
    /// The largest page. It bounds the memory and time one request can take.
    pub const MAX: i64 = 100;

    /// A page of this many items.
    ///
    /// # Errors
    /// The number is outside `1..=`[`PageLimit::MAX`].
    pub fn new(items: i64) -> Result<PageLimit, Invalid> {
        let items = within(items, 1, Self::MAX)?;
        Ok(PageLimit(items as usize))
    }

    /// The number of items.
    pub fn get(self) -> usize {
        self.0
    }
}

impl Default for PageLimit {
    fn default() -> PageLimit {
        PageLimit(20)
    }
}

/// Which way a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first.
    #[default]
    Ascending,
    /// The largest first.
    Descending,
}

/// Items in order, and where the next page starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<Item, Id> {
    /// At most as many items as asked for.
    pub items: Vec<Item>,
    /// Ask for the items after this one to get the next page; `None` on the last page.
    pub next: Option<Id>,
}

impl<Item, Id> Page<Item, Id> {
    /// A page of at most `limit` items. `items` holds one more than that if there is a further
    /// page.
    pub fn cut(mut items: Vec<Item>, limit: PageLimit, id: impl Fn(&Item) -> Id) -> Page<Item, Id> {
        let more = items.len() > limit.get();
        items.truncate(limit.get());
        let next = if more { items.last().map(id) } else { None };
        Page { items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_the_next_one_only_if_there_is_one() {
        let two = PageLimit::new(2).expect("in range");
        let page = |items: &[i64]| Page::cut(items.to_vec(), two, |item| *item);
        assert_eq!(
            page(&[]),
            Page {
                items: vec![],
                next: None
            }
        );
        assert_eq!(
            page(&[7, 8]),
            Page {
                items: vec![7, 8],
                next: None
            }
        );
        assert_eq!(
            page(&[7, 8, 9]),
            Page {
                items: vec![7, 8],
                next: Some(8)
            }
        );
    }

    #[test]
    fn a_limit_is_bounded() {
        assert_eq!(PageLimit::new(0), Err(Invalid::TooSmall { min: 1 }));
        assert_eq!(PageLimit::new(101), Err(Invalid::TooLarge { max: 100 }));
        assert_eq!(PageLimit::default().get(), 20);
    }
}
