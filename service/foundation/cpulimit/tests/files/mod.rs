//! Files of a system that lies in a folder.

use std::fs;
use std::path::Path;

/// Writes a file of the system whose `/` is `root`, or makes a folder.
pub(crate) fn write(root: &Path, path: &str, contents: &[u8]) {
    let path = root.join(path.trim_start_matches('/'));
    if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        fs::create_dir_all(path).expect("a folder");
        return;
    }
    fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
    // A new file in the place of an old one: ext4 hurries files to the disk that are emptied and written again.
    if fs::exists(&path).expect("it is there or not") {
        fs::remove_file(&path).expect("it is ours");
    }
    fs::write(path, contents).expect("a file");
}
