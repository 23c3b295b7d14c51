//! The archive: an OCI image layout in a tar file, which is also what `docker save` writes, so that engines from before
//! that layout load it too.
//!
//! Source: the OCI image format specification 1.1, `image-layout.md`, `manifest.md` and `image-index.md`.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType};

use crate::image::{Image, header};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// An image, ready to be written.
pub(crate) struct Archive {
    name: String,
    config: Blob,
    layer: Blob,
    manifest: Blob,
}

/// Bytes that are known by their digest.
struct Blob {
    media: &'static str,
    bytes: Vec<u8>,
    digest: String,
}

impl Archive {
    pub(crate) fn of(image: &Image<'_>, name: &str) -> anyhow::Result<Self> {
        let layer = image.layer()?;
        let config = Blob::new(CONFIG, serde_json::to_vec(&image.config(&layer))?);
        let layer = Blob::new(LAYER, layer.gzip);
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.descriptor(),
            "layers": [layer.descriptor()],
        });
        Ok(Self {
            name: name.to_owned(),
            manifest: Blob::new(MANIFEST, serde_json::to_vec(&manifest)?),
            config,
            layer,
        })
    }

    /// The bytes of the tar file.
    pub(crate) fn write(&self) -> anyhow::Result<Vec<u8>> {
        let mut descriptor = self.manifest.descriptor();
        let tag = self.name.rsplit_once(':').map_or("", |(_, tag)| tag);
        descriptor["annotations"] = json!({
            "io.containerd.image.name": self.name,
            "org.opencontainers.image.ref.name": tag,
        });
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor] });
        let docker = json!([{
            "Config": self.config.path(),
            "RepoTags": [self.name],
            "Layers": [self.layer.path()],
        }]);
        let mut tar = Builder::new(Vec::new());
        let mut file = |path: &str, bytes: &[u8]| {
            let mut header = header(EntryType::Regular, bytes.len() as u64, 0o644);
            tar.append_data(&mut header, path, bytes)
        };
        file("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        file("index.json", &serde_json::to_vec(&index)?)?;
        file("manifest.json", &serde_json::to_vec(&docker)?)?;
        for blob in [&self.config, &self.manifest, &self.layer] {
            file(&blob.path(), &blob.bytes)?;
        }
        Ok(tar.into_inner()?)
    }

    /// Bytes that have to be transferred to pull it.
    pub(crate) fn compressed(&self) -> usize {
        [&self.config, &self.layer, &self.manifest]
            .iter()
            .map(|blob| blob.bytes.len())
            .sum()
    }

    /// What it is known by.
    pub(crate) fn digest(&self) -> &str {
        &self.manifest.digest
    }
}

impl Blob {
    fn new(media: &'static str, bytes: Vec<u8>) -> Self {
        Self {
            media,
            digest: digest(&bytes),
            bytes,
        }
    }

    fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media, "digest": self.digest, "size": self.bytes.len() })
    }

    fn path(&self) -> String {
        format!("blobs/{}", self.digest.replace(':', "/"))
    }
}

/// As the specification writes it: `sha256:` and lower-case hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold("sha256:".to_owned(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
