//! The built book in memory, with the headers that each page needs.
//!
//! A page is found by its whole path among those that were there at the start, so no path leads
//! out of the book. mdBook's pages carry inline scripts: the policy of a page names the hash of
//! each of them, and so no other one runs, not even one that finds its way into a page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use regex::Regex;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::LazyLock;

/// A book's files by their path, `concurrency/channels.html`.
#[derive(Debug, Default)]
pub struct Site {
    files: HashMap<String, File>,
}

/// One file, ready to be sent.
#[derive(Debug)]
pub struct File {
    /// Its bytes.
    pub body: Bytes,
    /// Its headers: kind, caching, and for a page its policy.
    pub headers: HeaderMap,
}

/// A picture that could also be opened as a page.
const PICTURE: &str = "image/svg+xml";
/// What it may do then: look as it does in a chapter.
const STYLED: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'";

static INLINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?s)<(script|style)(?:\s[^>]*)?>(.*?)</(?:script|style)>")
        .expect("a constant pattern")
});

impl Site {
    /// Loads the folder that a build has made. Its run panels come to life, because a server is there.
    pub fn load(folder: &Path) -> std::io::Result<Site> {
        let mut site = Site::default();
        site.add(folder, "")?;
        Ok(site)
    }

    /// The file at the path of a request: `/`, `/concurrency/channels.html`.
    pub fn get(&self, path: &str) -> Option<&File> {
        let path = path.strip_prefix('/')?;
        let page = if path.is_empty() || path.ends_with('/') {
            format!("{path}index.html")
        } else {
            path.to_owned()
        };
        self.files.get(&page)
    }

    /// The page that says that there is none.
    pub fn missing(&self) -> Option<&File> {
        self.files.get("404.html")
    }

    fn add(&mut self, folder: &Path, prefix: &str) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            if entry.file_type()?.is_dir() {
                self.add(&entry.path(), &format!("{prefix}{name}/"))?;
            } else {
                let file = File::new(&name, std::fs::read(entry.path())?);
                self.files.insert(format!("{prefix}{name}"), file);
            }
        }
        Ok(())
    }
}

impl File {
    fn new(name: &str, body: Vec<u8>) -> File {
        let kind = kind(name);
        let page = kind.starts_with("text/html");
        let body = if page {
            live(&String::from_utf8_lossy(&body)).into_bytes()
        } else {
            body
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        insert(&mut headers, header::ETAG, &format!("\"{}\"", hash(&body)));
        if page {
            let policy = policy(&String::from_utf8_lossy(&body));
            insert(&mut headers, header::CONTENT_SECURITY_POLICY, &policy);
        } else if kind == PICTURE {
            insert(&mut headers, header::CONTENT_SECURITY_POLICY, STYLED);
        }
        File {
            body: body.into(),
            headers,
        }
    }
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    // Base64 and constants: always a valid header.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn live(html: &str) -> String {
    html.replacen("<html ", "<html data-live ", 1)
        .replace("<section class=\"lab\"", "<section class=\"lab\" data-live")
}

/// What a page may load and run: its own origin's files and exactly the inline scripts it came
/// with. Style attributes are allowed, because mdBook and pictures use them.
fn policy(html: &str) -> String {
    let hashes = |tag: &str| {
        let found: BTreeSet<String> = INLINE
            .captures_iter(html)
            .filter(|inline| &inline[1] == tag && !inline[2].is_empty())
            .map(|inline| format!(" 'sha256-{}'", hash(inline[2].as_bytes())))
            .collect();
        found.into_iter().collect::<String>()
    };
    format!(
        "default-src 'none'; script-src 'self'{}; style-src 'self'{}; style-src-attr 'unsafe-inline'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; \
         base-uri 'self'; form-action 'self'; frame-ancestors 'self'",
        hashes("script"),
        hashes("style"),
    )
}

fn hash(bytes: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(bytes))
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, kind)| kind) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => PICTURE,
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_run_its_own_inline_scripts_and_no_others() {
        let page = File::new(
            "a.html",
            b"<script>let a = 1;</script><script src=\"b.js\"></script>".to_vec(),
        );
        let policy = page.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("text");
        let own = format!("script-src 'self' 'sha256-{}';", hash(b"let a = 1;"));
        assert!(policy.contains(&own), "{policy}");
        assert!(!policy.contains("unsafe-eval"), "{policy}");
    }

    #[test]
    fn paths_are_looked_up_not_walked() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("book")).expect("a folder");
        std::fs::write(folder.path().join("secret.html"), "secret").expect("a file");
        std::fs::write(folder.path().join("book/index.html"), "index").expect("a file");
        std::fs::write(folder.path().join("book/.workbook"), "marker").expect("a file");
        let site = Site::load(&folder.path().join("book")).expect("it loads");
        assert_eq!(site.get("/").expect("the index").body, "index");
        for path in [
            "/../secret.html",
            "/%2e%2e/secret.html",
            "//etc/passwd",
            "/.workbook",
            "/nothing.html",
            "",
        ] {
            assert!(site.get(path).is_none(), "{path}");
        }
    }
}
