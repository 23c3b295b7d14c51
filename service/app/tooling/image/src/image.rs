//! The image: one layer with one program, and its configuration.
//!
//! Source: the OCI image format specification 1.1, `config.md` and `layer.md`.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};

use crate::archive::digest;

/// Who programs run as: nobody who owns anything, the same number as in `docker/Dockerfile` and the manifests.
pub(crate) const USER: u64 = 65532;

/// What one is made of.
pub(crate) struct Image<'a> {
    /// Name of the program in the image's root.
    pub(crate) entry: &'a str,
    pub(crate) program: &'a [u8],
    pub(crate) architecture: &'static str,
    pub(crate) created: humantime::Timestamp,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) env: &'a [(String, String)],
}

/// A layer as it is stored, and the digest of what it unpacks to.
pub(crate) struct Layer {
    pub(crate) gzip: Vec<u8>,
    pub(crate) diff_id: String,
}

impl Image<'_> {
    pub(crate) fn layer(&self) -> std::io::Result<Layer> {
        let mut tar = Builder::new(Vec::new());
        // Where the service keeps its file, and where programs expect to write; volumes are mounted over them.
        for (path, mode) in [("data/", 0o755), ("tmp/", 0o1777)] {
            let mut header = header(EntryType::Directory, 0, mode);
            tar.append_data(&mut header, path, std::io::empty())?;
        }
        let mut header = header(EntryType::Regular, self.program.len() as u64, 0o755);
        header.set_uid(0);
        header.set_gid(0);
        tar.append_data(&mut header, self.entry, self.program)?;
        let plain = tar.into_inner()?;
        // Neither time nor name in gzip's header: the same program is the same layer.
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&plain)?;
        Ok(Layer {
            gzip: gzip.finish()?,
            diff_id: digest(&plain),
        })
    }

    pub(crate) fn config(&self, layer: &Layer) -> Value {
        let created = humantime::format_rfc3339_seconds(self.created.into()).to_string();
        let env: Vec<String> = self
            .env
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        json!({
            "created": created,
            "architecture": self.architecture,
            "os": "linux",
            "config": {
                "User": format!("{USER}:{USER}"),
                "Entrypoint": [format!("/{}", self.entry)],
                "WorkingDir": "/",
                "Env": env,
                "Labels": self.labels,
            },
            "rootfs": { "type": "layers", "diff_ids": [layer.diff_id] },
            "history": [{ "created": created, "created_by": format!("COPY {} /", self.entry) }],
        })
    }
}

/// Without a time of its own, so that the same contents are the same bytes.
pub(crate) fn header(kind: EntryType, size: u64, mode: u32) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(mode);
    header.set_uid(USER);
    header.set_gid(USER);
    header.set_mtime(0);
    header
}
