//! Where things are: the workspace's root, the book in it, its labs and its state.

use std::path::{Path, PathBuf};

/// A checkout of this workspace.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workspace that `start` lies in: the nearest folder upwards that holds `book/book.toml`.
    pub fn find(start: &Path) -> Option<Workspace> {
        start
            .ancestors()
            .find(|folder| folder.join("book/book.toml").is_file())
            .map(|root| Workspace::at(root.to_path_buf()))
    }

    /// The workspace whose root is `root`.
    pub fn at(root: PathBuf) -> Workspace {
        Workspace { root }
    }

    /// The folder that holds the workspace's `Cargo.toml`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the book: `book.toml`, `src/`, `theme/`.
    pub fn book(&self) -> PathBuf {
        self.root.join("book")
    }

    /// The folder of the book's chapters.
    pub fn chapters(&self) -> PathBuf {
        self.root.join("book/src")
    }

    /// Where everything that runs keeps its files unless told otherwise.
    pub fn state(&self) -> PathBuf {
        self.root.join(".cutaway")
    }

    /// The folder of a lab's committed runs.
    pub fn figures(&self, lab: &str) -> PathBuf {
        self.root.join("labs").join(lab).join("figures")
    }

    /// What learners' exercises depend on.
    pub fn gym(&self) -> PathBuf {
        self.root.join("labs/gym")
    }

    /// The folder of the exercises, one folder per chapter.
    pub fn exercises(&self) -> PathBuf {
        self.gym().join("exercises")
    }

    /// The labs, by name: every folder of `labs/` that is a program. (`format` and `kit` are
    /// libraries.) A lab's package and its binary are named as its folder.
    pub fn labs(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.root.join("labs"))
            .into_iter()
            .flatten();
        let mut labs: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.path().join("src/main.rs").is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        labs.sort();
        labs
    }

    /// `path` as it is read best: relative to the root where it lies below it.
    pub fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_root_from_a_folder_deep_inside() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/book");
        let found = Workspace::find(&here).expect("this test runs inside the workspace");
        assert!(found.root().join("Cargo.toml").is_file());
        assert!(found.labs().contains(&"channels".to_owned()));
        assert!(!found.labs().contains(&"kit".to_owned()));
    }

    #[test]
    fn a_folder_outside_of_any_workspace_has_none() {
        let elsewhere = tempfile::tempdir().expect("a temporary folder");
        assert!(Workspace::find(elsewhere.path()).is_none());
    }
}
