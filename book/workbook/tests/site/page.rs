//! The pages of the real book, built once for all tests.

use regex::Regex;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;
use workbook::book;
use workbook::workspace::Workspace;

pub(crate) struct Site {
    folder: TempDir,
    /// The pages, by their path in the site.
    pub(crate) pages: BTreeMap<PathBuf, String>,
}

impl Site {
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("in/a/folder")
    }
}

pub(crate) fn workspace() -> Workspace {
    Workspace::find(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("this workspace")
}

pub(crate) static SITE: LazyLock<Site> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut site = Site {
        folder,
        pages: BTreeMap::new(),
    };
    let root = site.root();
    std::fs::create_dir_all(root.parent().expect("a folder above")).expect("a folder");
    book::build(&workspace(), &root).expect("the book builds");
    for file in files(&root, "html") {
        let html = std::fs::read_to_string(&file).expect("a page");
        let path = file.strip_prefix(&root).expect("a page of the site");
        site.pages.insert(path.to_path_buf(), html);
    }
    assert!(site.pages.len() > 5, "{:?}", site.pages.keys());
    site
});

/// The files below `folder` with that ending.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|kind| kind == ending) {
            found.push(path);
        }
    }
    found
}

static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?s)<([a-zA-Z][\w-]*)((?:\s+[^\s=>/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+))?)*)\s*/?>"#,
    )
    .expect("a constant pattern")
});
static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?s)([^\s=>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?"#)
        .expect("a constant pattern")
});
static UNSEEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?s)<script\b[^>]*>.*?</script>|<!--.*?-->|<noscript>.*?</noscript>")
        .expect("a constant pattern")
});

/// An element's first tag.
#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) name: String,
    attributes: BTreeMap<String, String>,
    /// What follows, up to the next tag.
    pub(crate) words: String,
    /// Whether it stands in a label, whose words are its name.
    pub(crate) labelled: bool,
}

impl Tag {
    pub(crate) fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).map(String::as_str)
    }
}

/// The elements of a page, but for what stands in scripts and comments and for browsers without scripts.
pub(crate) fn tags(html: &str) -> Vec<Tag> {
    let html = UNSEEN.replace_all(html, |found: &regex::Captures<'_>| {
        if found[0].starts_with("<script") {
            found[0]
                .split_inclusive('>')
                .next()
                .unwrap_or_default()
                .to_owned()
        } else {
            String::new()
        }
    });
    let found = TAG.captures_iter(&html).map(|tag| {
        let attributes = ATTRIBUTE.captures_iter(&tag[2]).map(|attribute| {
            let value = (2..5)
                .find_map(|group| attribute.get(group))
                .map_or("", |value| value.as_str());
            (attribute[1].to_owned(), value.to_owned())
        });
        let end = tag.get(0).map_or(0, |tag| tag.end());
        let words = html[end..]
            .split('<')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned();
        let before = &html[..tag.get(0).map_or(0, |tag| tag.start())];
        Tag {
            labelled: before.rfind("<label") > before.rfind("</label"),
            name: tag[1].to_owned(),
            attributes: attributes.collect(),
            words,
        }
    });
    found.collect()
}
