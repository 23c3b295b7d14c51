//! What a lock's guard and the lock itself have in common, whatever they lock.

use std::time::Duration;

use crate::event::Operation;
use crate::task::TaskId;
use crate::wait::Gate;

/// Somebody holds a lock: the part of a guard that tells of it.
///
/// It is the guard's last field, so that it is dropped when the lock is released: whoever hears what holding it took
/// from others takes its time, and the lock is not to be held meanwhile.
pub(crate) struct Held<G: Gated> {
    gate: G,
    holder: Option<TaskId>,
    delay: Duration,
}

/// What leads to a lock's [`Gate`].
pub(crate) trait Gated {
    fn gate(&self) -> &Gate;
}

impl Gated for &Gate {
    #[inline]
    fn gate(&self) -> &Gate {
        self
    }
}

impl<G: Gated> Held<G> {
    /// The lock has been taken.
    #[inline]
    pub(crate) fn new(gate: G, operation: Operation) -> Self {
        let holder = gate.gate().identity.acquired(operation, 1);
        Self {
            gate,
            holder,
            delay: Duration::ZERO,
        }
    }

    /// The lock is about to be released.
    #[inline]
    pub(crate) fn release(&mut self, exclusive: bool) {
        self.delay = self.gate.gate().release(exclusive, self.holder);
    }
}

impl<G: Gated> Drop for Held<G> {
    #[inline]
    fn drop(&mut self) {
        if !self.delay.is_zero() {
            self.gate.gate().identity.held_up(self.delay, None);
            stay_on_the_stack();
        }
    }
}

/// Called after something whose observers look at the stack: were that the last thing that a function does, the function
/// would jump there and be gone from the stack.
#[inline]
pub(crate) fn stay_on_the_stack() {
    std::hint::black_box(());
}

/// A guard: derefs to what it locks; when it is dropped, the lock is first released, then told of.
macro_rules! guard {
    ($(#[$doc:meta])* $Guard:ident [$($params:tt)*] [$($args:tt)*], of $Inner:ty, told by $Gated:ty,
     exclusive: $exclusive:literal) => {
        $(#[$doc])*
        #[must_use = "the lock is released at once if the guard is not kept"]
        pub struct $Guard<$($params)*> {
            inner: $Inner,
            held: $crate::guard::Held<$Gated>,
        }

        impl<$($params)*> $Guard<$($args)*> {
            #[inline]
            fn new(gate: $Gated, operation: $crate::event::Operation, inner: $Inner) -> Self {
                Self {
                    held: $crate::guard::Held::new(gate, operation),
                    inner,
                }
            }
        }

        impl<$($params)*> Drop for $Guard<$($args)*> {
            #[inline]
            fn drop(&mut self) {
                self.held.release($exclusive);
            }
        }

        impl<$($params)*> std::ops::Deref for $Guard<$($args)*> {
            type Target = T;

            #[inline]
            fn deref(&self) -> &T {
                &self.inner
            }
        }

        impl<$($params)*> std::fmt::Debug for $Guard<$($args)*>
        where
            T: std::fmt::Debug,
        {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

/// A guard that lets its holder change what it locks.
macro_rules! deref_mut {
    ($Guard:ident [$($params:tt)*] [$($args:tt)*]) => {
        impl<$($params)*> std::ops::DerefMut for $Guard<$($args)*> {
            #[inline]
            fn deref_mut(&mut self) -> &mut T {
                &mut self.inner
            }
        }
    };
}

/// What every lock has: a name, an identity.
macro_rules! named {
    ($Lock:ident [$($bound:tt)*]) => {
        impl<T: $($bound)*> $Lock<T> {
            /// Its identity in [`Event`](crate::Event)s.
            pub fn id(&self) -> $crate::ResourceId {
                self.gate.identity.id()
            }

            /// Its name.
            pub fn name(&self) -> &str {
                &self.gate.identity.name
            }
        }

        impl<T: $($bound)* + std::fmt::Debug> std::fmt::Debug for $Lock<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($Lock))
                    .field("name", &self.name())
                    .field("inner", &&self.inner)
                    .finish()
            }
        }
    };
}

pub(crate) use {deref_mut, guard, named};
