//! `select!`: whichever is first, and what else could have been.
//!
//! tokio's draws the branch that it asks first, so that none starves. Here that is a choice of the
//! explorer, and each is taken in its turn: a solution that depends on luck fails.
//!
//! Two ways of asking that come to the same are tried once: where a branch only begins to wait, it
//! does not matter whether another one was asked before it.

use crate::record::{self, What};
use crate::schedule::{Chosen, choose, same_until};

/// Waits on several futures, runs the handler of the first that is ready, and drops the others.
///
/// As `tokio::select!`: up to eight branches `PATTERN = FUTURE [, if CONDITION] => HANDLER`, then
/// `else => HANDLER` for when no branch is left. A branch whose condition is false, or whose output
/// does not match its pattern, is out. With `biased;` in front, branches are asked from top to
/// bottom; without, which of those that are ready goes first is for the explorer to choose.
///
/// ```
/// use gym::sync::mpsc;
/// use gym::{Check, Options, expect, select};
///
/// let check = Check::new().case("either may come first", || async {
///     let (web, mut web_orders) = mpsc::channel(1);
///     let (phone, mut phone_orders) = mpsc::channel(1);
///     let _ = (web.try_send(1), phone.try_send(2));
///     let first = select! {
///         Some(order) = web_orders.recv() => order,
///         Some(order) = phone_orders.recv() => order,
///         else => 0,
///     };
///     expect(first == 1, "1", || first.to_string(), "it stands first");
/// });
/// let fault = check.run(&Options::default()).fault.expect("it was luck");
/// assert_eq!(fault.fault.observed, "2");
/// ```
#[macro_export]
macro_rules! select {
    (biased; $($rest:tt)+) => {
        $crate::__select!(@next true {}
            {(a A 0) (b B 1) (c C 2) (d D 3) (e E 4) (f F 5) (g G 6) (h H 7)} $($rest)+)
    };
    ($($rest:tt)+) => {
        $crate::__select!(@next false {}
            {(a A 0) (b B 1) (c C 2) (d D 3) (e E 4) (f F 5) (g G 6) (h H 7)} $($rest)+)
    };
}

/// Takes the branches of [`select!`](crate::select) apart, one after the other.
#[doc(hidden)]
#[macro_export]
macro_rules! __select {
    // Branches that are done, names for those to come, and what is left to read.
    (@next $biased:tt $done:tt $names:tt) => {
        $crate::__select!(@emit $biased $done
            (::std::panic!("all branches are disabled and there is no else branch")))
    };
    (@next $biased:tt $done:tt $names:tt else => $otherwise:expr $(,)?) => {
        $crate::__select!(@emit $biased $done ($otherwise))
    };
    (@next $biased:tt $done:tt {} $($rest:tt)+) => {
        ::std::compile_error!("at most eight branches")
    };
    (@next $biased:tt $done:tt {$name:tt $($names:tt)*} $($rest:tt)+) => {
        $crate::__select!(@pattern $biased $done {$($names)*} $name [] $($rest)+)
    };

    // The pattern goes up to the `=`.
    (@pattern $biased:tt $done:tt $names:tt $name:tt [$($pattern:tt)+] = $($rest:tt)+) => {
        $crate::__select!(@future $biased $done $names $name [$($pattern)+] $($rest)+)
    };
    (@pattern $biased:tt $done:tt $names:tt $name:tt [$($pattern:tt)*] $next:tt $($rest:tt)+) => {
        $crate::__select!(@pattern $biased $done $names $name [$($pattern)* $next] $($rest)+)
    };

    (@future $biased:tt $done:tt $names:tt $name:tt $pattern:tt
        $future:expr, if $on:expr => $($rest:tt)+) => {
        $crate::__select!(@handler $biased $done $names ($name $pattern ($future) ($on)) $($rest)+)
    };
    (@future $biased:tt $done:tt $names:tt $name:tt $pattern:tt
        $future:expr => $($rest:tt)+) => {
        $crate::__select!(@handler $biased $done $names ($name $pattern ($future) (true)) $($rest)+)
    };

    (@handler $biased:tt {$($done:tt)*} $names:tt ($($branch:tt)+) $handler:block, $($rest:tt)*) => {
        $crate::__select!(@next $biased {$($done)* ($($branch)+ ($handler))} $names $($rest)*)
    };
    (@handler $biased:tt {$($done:tt)*} $names:tt ($($branch:tt)+) $handler:block $($rest:tt)*) => {
        $crate::__select!(@next $biased {$($done)* ($($branch)+ ($handler))} $names $($rest)*)
    };
    (@handler $biased:tt {$($done:tt)*} $names:tt ($($branch:tt)+) $handler:expr) => {
        $crate::__select!(@next $biased {$($done)* ($($branch)+ ($handler))} $names)
    };
    (@handler $biased:tt {$($done:tt)*} $names:tt ($($branch:tt)+) $handler:expr, $($rest:tt)*) => {
        $crate::__select!(@next $biased {$($done)* ($($branch)+ ($handler))} $names $($rest)*)
    };

    (@emit $biased:tt
        {$((($name:ident $Name:ident $index:tt) [$($pattern:tt)+] ($future:expr) ($on:expr) ($handler:expr)))+}
        ($otherwise:expr)) => {{
        enum Output<$($Name),+> {
            $($Name($Name),)+
            Otherwise,
        }
        let output = {
            let mut turns = $crate::__Turns::new($biased, [$($on),+]);
            $(let mut $name = ::std::pin::pin!(::std::future::IntoFuture::into_future($future));)+
            ::std::future::poll_fn(|context| {
                let mut round = turns.round();
                while let Some(branch) = round.next() {
                    match branch {
                        $($index => {
                            if let ::std::task::Poll::Ready(output) =
                                ::std::future::Future::poll($name.as_mut(), context)
                            {
                                #[allow(unused_variables, unreachable_patterns, clippy::all, clippy::pedantic)]
                                let fits = match &output {
                                    $crate::__pattern!({} {} $($pattern)+) => true,
                                    _ => false,
                                };
                                if fits {
                                    round.taken();
                                    return ::std::task::Poll::Ready(Output::$Name(output));
                                }
                                round.out();
                            }
                        })+
                        _ => ::std::unreachable!(),
                    }
                }
                if round.is_hopeless() {
                    return ::std::task::Poll::Ready(Output::Otherwise);
                }
                ::std::task::Poll::Pending
            })
            .await
        };
        match output {
            $(Output::$Name($($pattern)+) => $handler,)+
            Output::Otherwise => $otherwise,
            #[allow(unreachable_patterns)]
            _ => ::std::unreachable!(),
        }
    }};
}

/// The pattern without `mut` and `ref`: what is only looked at is not bound.
///
/// Reads from left to right; `{what was read} {(kind {before} {after}) of each group it is in} rest`.
#[doc(hidden)]
#[macro_export]
macro_rules! __pattern {
    ({$($out:tt)*} {}) => { $($out)* };
    ({$($out:tt)*} {(paren {$($before:tt)*} {$($after:tt)*}) $($groups:tt)*}) => {
        $crate::__pattern!({$($before)* ($($out)*)} {$($groups)*} $($after)*)
    };
    ({$($out:tt)*} {(bracket {$($before:tt)*} {$($after:tt)*}) $($groups:tt)*}) => {
        $crate::__pattern!({$($before)* [$($out)*]} {$($groups)*} $($after)*)
    };
    ({$($out:tt)*} {(brace {$($before:tt)*} {$($after:tt)*}) $($groups:tt)*}) => {
        $crate::__pattern!({$($before)* {$($out)*}} {$($groups)*} $($after)*)
    };
    ($out:tt $groups:tt mut $($rest:tt)*) => { $crate::__pattern!($out $groups $($rest)*) };
    ($out:tt $groups:tt ref $($rest:tt)*) => { $crate::__pattern!($out $groups $($rest)*) };
    ($out:tt {$($groups:tt)*} ($($inner:tt)*) $($rest:tt)*) => {
        $crate::__pattern!({} {(paren $out {$($rest)*}) $($groups)*} $($inner)*)
    };
    ($out:tt {$($groups:tt)*} [$($inner:tt)*] $($rest:tt)*) => {
        $crate::__pattern!({} {(bracket $out {$($rest)*}) $($groups)*} $($inner)*)
    };
    ($out:tt {$($groups:tt)*} {$($inner:tt)*} $($rest:tt)*) => {
        $crate::__pattern!({} {(brace $out {$($rest)*}) $($groups)*} $($inner)*)
    };
    ({$($out:tt)*} $groups:tt $next:tt $($rest:tt)*) => {
        $crate::__pattern!({$($out)* $next} $groups $($rest)*)
    };
}

/// Which branches of a [`select!`](crate::select) are still in.
#[doc(hidden)]
#[derive(Debug)]
pub struct Turns<const BRANCHES: usize> {
    biased: bool,
    on: [bool; BRANCHES],
}

impl<const BRANCHES: usize> Turns<BRANCHES> {
    #[doc(hidden)]
    pub fn new(biased: bool, on: [bool; BRANCHES]) -> Self {
        Turns { biased, on }
    }

    /// Begins to ask the branches that are in.
    #[doc(hidden)]
    pub fn round(&mut self) -> Round<'_> {
        let branches: Vec<usize> = (0..BRANCHES).filter(|branch| self.on[*branch]).collect();
        let chosen = (!self.biased && branches.len() > 1).then(|| choose(branches.len()));
        Round {
            on: &mut self.on,
            start: chosen.as_ref().map_or(0, |chosen| chosen.taken),
            branches,
            chosen,
            asked: 0,
            only_waits: true,
            seen: record::record().events.len(),
        }
    }
}

/// The branches asked once, in an order that was chosen.
#[doc(hidden)]
pub struct Round<'a> {
    on: &'a mut [bool],
    branches: Vec<usize>,
    chosen: Option<Chosen>,
    start: usize,
    asked: usize,
    /// Those asked so far did nothing but wait.
    only_waits: bool,
    /// How many events were on record when the last one was asked.
    seen: usize,
}

impl Round<'_> {
    /// The next branch to ask.
    #[doc(hidden)]
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<usize> {
        let record = record::record();
        let since = record.events.get(self.seen..).unwrap_or_default();
        let mut own = since.iter().filter(|event| event.lane == record.running);
        self.only_waits &= own.all(|event| event.what == What::Waits);
        self.seen = record.events.len();
        drop(record);
        if self.asked == self.branches.len() {
            self.same_as_this(self.branches.len());
            return None;
        }
        let position = (self.start + self.asked) % self.branches.len();
        self.asked += 1;
        Some(self.branches[position])
    }

    /// The branch asked last is ready, and its handler runs.
    #[doc(hidden)]
    pub fn taken(&mut self) {
        let position = self.start + self.asked - 1;
        // Past the end, every branch from the chosen one on waits.
        self.same_as_this((position + 1).min(self.branches.len()));
    }

    /// The branch asked last is ready with something that its pattern does not want.
    #[doc(hidden)]
    pub fn out(&mut self) {
        let position = (self.start + self.asked - 1) % self.branches.len();
        self.on[self.branches[position]] = false;
        self.only_waits = false;
    }

    /// Whether no branch is left.
    #[doc(hidden)]
    pub fn is_hopeless(&self) -> bool {
        !self.on.contains(&true)
    }

    fn same_as_this(&self, next: usize) {
        if let Some(chosen) = self.chosen.as_ref() {
            let next = if self.only_waits {
                next
            } else {
                chosen.taken + 1
            };
            same_until(chosen, next);
        }
    }
}
