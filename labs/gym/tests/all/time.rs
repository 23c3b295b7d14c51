//! Time that jumps.

use super::explored;
use gym::time::{
    Duration, Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout, timeout_at,
};
use gym::{Check, expect};
use std::pin::pin;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn ticks_and_deadlines_come_when_they_are_due() {
    let check = Check::new().case("time", || async {
        let start = Instant::now();
        let mut ticks = interval(SECOND);
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.push((ticks.tick().await - start).as_secs());
        }
        sleep(SECOND * 5 / 2).await;
        seen.push((ticks.tick().await - start).as_secs());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        ticks.tick().await;
        seen.push((ticks.tick().await - start).as_secs());
        expect(
            seen == [0, 1, 2, 3, 5],
            "0, 1, 2, 3, 5",
            || format!("{seen:?}"),
            "",
        );

        let deadline = start + SECOND * 10;
        let late = timeout_at(deadline, sleep_until(deadline + SECOND)).await;
        let early = timeout(SECOND, std::future::ready(1)).await;
        expect(
            late.is_err() && early == Ok(1),
            "late, early",
            String::new,
            "",
        );
        expect(
            Instant::now() == deadline,
            "10 s",
            || format!("{:?}", start.elapsed()),
            "",
        );

        let mut nap = pin!(sleep(SECOND));
        nap.as_mut().reset(deadline + SECOND * 3);
        nap.as_mut().await;
        expect(
            start.elapsed() == SECOND * 13,
            "13 s",
            || format!("{:?}", start.elapsed()),
            "",
        );
    });
    assert_eq!(explored(&check), "the only schedule");
}
