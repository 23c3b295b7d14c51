use std::sync::{Arc, PoisonError, RwLock};

/// A text: a version, a state, the reason of the last failure.
///
/// Clones share the same value.
#[derive(Debug, Clone)]
pub struct Text {
    value: Arc<RwLock<Arc<str>>>,
}

impl Text {
    /// Replaces the text.
    pub fn set(&self, text: impl Into<String>) {
        let text = Arc::from(text.into());
        *self.value.write().unwrap_or_else(PoisonError::into_inner) = text;
    }

    /// The text now.
    pub fn get(&self) -> Arc<str> {
        Arc::clone(&self.value.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for Text {
    fn default() -> Self {
        Self {
            value: Arc::new(RwLock::new(Arc::from(""))),
        }
    }
}
