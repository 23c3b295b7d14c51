//! What `cutaway bundle` has written.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;

/// The files of an archive, by their paths below its folder.
pub(crate) fn unpacked(archive: &Path) -> BTreeMap<String, Vec<u8>> {
    let file = File::open(archive).expect("there is an archive");
    let mut archive = tar::Archive::new(GzDecoder::new(file));
    let mut files = BTreeMap::new();
    for entry in archive.entries().expect("a tar file") {
        let mut entry = entry.expect("an entry");
        let path = entry.path().expect("a path").display().to_string();
        let (_, path) = path.split_once('/').expect("all is in one folder");
        let path = path.to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("its bytes");
        assert!(files.insert(path, bytes).is_none(), "each is there once");
    }
    files
}
