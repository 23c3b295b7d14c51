//! The channel, polled by hand: every step of an interleaving is chosen, none left to a scheduler.

mod poll;

use std::sync::Arc;
use std::task::Poll;

use poll::{Flag, poll, polls};
use sync::{SendError, channel};

#[test]
fn a_rendezvous_send_ends_when_a_receiver_has_the_value_and_not_before() {
    let (sender, receiver) = channel("r", 0);
    let mut send = sender.send("hi");
    for _ in 0..3 {
        assert_eq!(poll(&mut send), Poll::Pending, "nobody has taken the value");
    }
    assert_eq!(receiver.len(), 0, "a rendezvous holds nothing");
    assert_eq!(poll(&mut receiver.recv()), Poll::Ready(Some("hi")));
    assert_eq!(poll(&mut send), Poll::Ready(Ok(())));
}

#[test]
fn a_rendezvous_send_waits_even_for_a_receiver_that_is_there() {
    let (sender, receiver) = channel("r", 0);
    let mut receive = receiver.recv();
    assert_eq!(poll(&mut receive), Poll::Pending);
    let mut send = sender.send(1);
    assert_eq!(
        poll(&mut send),
        Poll::Pending,
        "the receiver was woken but has not run"
    );
    assert_eq!(poll(&mut receive), Poll::Ready(Some(1)));
    assert_eq!(poll(&mut send), Poll::Ready(Ok(())));
}

#[test]
fn a_buffer_takes_its_capacity_and_no_more() {
    let (sender, receiver) = channel("b", 2);
    assert_eq!(poll(&mut sender.send(1)), Poll::Ready(Ok(())));
    assert_eq!(poll(&mut sender.send(2)), Poll::Ready(Ok(())));
    let mut third = sender.send(3);
    assert_eq!(poll(&mut third), Poll::Pending);
    assert_eq!(
        (sender.len(), sender.capacity(), sender.name()),
        (2, 2, "b")
    );

    assert_eq!(poll(&mut receiver.recv()), Poll::Ready(Some(1)));
    assert_eq!(
        receiver.len(),
        2,
        "the third value is in, although its sender has not run"
    );
    assert_eq!(poll(&mut third), Poll::Ready(Ok(())));
    assert_eq!(poll(&mut receiver.recv()), Poll::Ready(Some(2)));
    assert_eq!(poll(&mut receiver.recv()), Poll::Ready(Some(3)));
    assert!(receiver.is_empty());
}

#[test]
fn a_pending_send_that_is_dropped_takes_its_value_along() {
    for capacity in [0, 1] {
        let (sender, receiver) = channel("c", capacity);
        for filler in 0..capacity {
            assert_eq!(poll(&mut sender.send(filler)), Poll::Ready(Ok(())));
        }
        let mut dropped = sender.send(100);
        let mut kept = sender.send(200);
        assert_eq!(poll(&mut dropped), Poll::Pending);
        assert_eq!(poll(&mut kept), Poll::Pending);
        drop(dropped);
        for filler in 0..capacity {
            assert_eq!(poll(&mut receiver.recv()), Poll::Ready(Some(filler)));
        }
        assert_eq!(poll(&mut receiver.recv()), Poll::Ready(Some(200)));
        assert_eq!(poll(&mut kept), Poll::Ready(Ok(())));
        assert_eq!(
            poll(&mut receiver.recv()),
            Poll::Pending,
            "the dropped value is nowhere"
        );
    }
}

#[test]
fn cancelling_gives_the_value_back_unless_it_was_handed_over() {
    let (sender, receiver) = channel("c", 0);
    let mut unsent = sender.send(Box::new(1));
    assert_eq!(unsent.cancel(), Some(Box::new(1)), "never polled");

    let mut pending = sender.send(Box::new(2));
    assert_eq!(poll(&mut pending), Poll::Pending);
    assert_eq!(pending.cancel(), Some(Box::new(2)));
    assert_eq!(pending.cancel(), None, "only once");

    let mut taken = sender.send(Box::new(3));
    assert_eq!(poll(&mut taken), Poll::Pending);
    assert_eq!(poll(&mut receiver.recv()), Poll::Ready(Some(Box::new(3))));
    assert_eq!(taken.cancel(), None, "the receiver has it");
}

#[test]
fn a_receive_that_was_woken_and_dropped_passes_its_turn_on() {
    for capacity in [0, 1] {
        let (sender, receiver) = channel("c", capacity);
        let (mut first, mut second) = (receiver.recv(), receiver.recv());
        let (first_woken, second_woken) = (Flag::new(), Flag::new());
        assert_eq!(polls(&mut first, &first_woken), Poll::Pending);
        assert_eq!(polls(&mut second, &second_woken), Poll::Pending);

        let mut send = sender.send("v");
        let _pending_or_done = poll(&mut send);
        assert!(
            first_woken.take() && !second_woken.take(),
            "one value wakes one receiver, the first"
        );
        drop(first);
        assert!(second_woken.take(), "its turn went to the next");
        assert_eq!(poll(&mut second), Poll::Ready(Some("v")));
        assert!(send.cancel().is_none(), "the value was handed over once");
    }
}

#[test]
fn a_late_comer_does_not_take_what_a_waiting_receiver_was_woken_for() {
    for capacity in [0, 3] {
        let (sender, receiver) = channel("f", capacity);
        let mut waiting = receiver.recv();
        assert_eq!(poll(&mut waiting), Poll::Pending);
        let (mut one, mut two) = (sender.send(1), sender.send(2));
        let _pending_or_done = poll(&mut one);

        let mut late = receiver.recv();
        assert_eq!(poll(&mut late), Poll::Pending);
        let _pending_or_done = poll(&mut two);
        assert_eq!(
            poll(&mut late),
            Poll::Ready(Some(1)),
            "with two values there is one for each"
        );
        assert_eq!(poll(&mut waiting), Poll::Ready(Some(2)));
    }
}

#[test]
fn a_receiver_that_was_woken_for_a_value_that_is_gone_waits_on() {
    let (sender, receiver) = channel("g", 0);
    let woken = Flag::new();
    let mut receive = receiver.recv();
    assert_eq!(polls(&mut receive, &woken), Poll::Pending);
    let mut gone = sender.send(1);
    assert_eq!(poll(&mut gone), Poll::Pending);
    assert!(woken.take());
    drop(gone);
    assert_eq!(polls(&mut receive, &woken), Poll::Pending);

    let mut next = sender.send(2);
    assert_eq!(poll(&mut next), Poll::Pending);
    assert!(woken.take(), "it is woken again for the next");
    assert_eq!(poll(&mut receive), Poll::Ready(Some(2)));
}

#[test]
fn senders_and_receivers_are_served_in_the_order_of_their_coming() {
    let (sender, receiver) = channel("o", 0);
    let mut sends: Vec<_> = (0..5).map(|value| sender.send(value)).collect();
    for send in &mut sends {
        assert_eq!(poll(send), Poll::Pending);
    }
    for (value, send) in sends.iter_mut().enumerate() {
        assert_eq!(poll(&mut receiver.recv()), Poll::Ready(Some(value)));
        assert_eq!(poll(send), Poll::Ready(Ok(())));
    }

    let flags: Vec<_> = (0..5).map(|_| Flag::new()).collect();
    let mut receives: Vec<_> = flags.iter().map(|_| receiver.recv()).collect();
    for (receive, flag) in receives.iter_mut().zip(&flags) {
        assert_eq!(polls(receive, flag), Poll::Pending);
    }
    for (turn, receive) in receives.iter_mut().enumerate() {
        let mut send = sender.send(turn);
        assert_eq!(poll(&mut send), Poll::Pending);
        let woken: Vec<_> = flags.iter().map(Flag::take).collect();
        assert_eq!(woken.iter().position(|woken| *woken), Some(turn));
        assert_eq!(poll(receive), Poll::Ready(Some(turn)));
    }
}

#[test]
fn after_the_close_what_is_in_comes_out_and_what_is_not_goes_back() {
    let (sender, receiver) = channel("c", 1);
    let woken = Flag::new();
    assert_eq!(poll(&mut sender.send(1)), Poll::Ready(Ok(())));
    let mut pending = sender.send(2);
    assert_eq!(polls(&mut pending, &woken), Poll::Pending);

    receiver.close();
    receiver.close();
    assert!(woken.take() && sender.is_closed());
    assert_eq!(poll(&mut sender.send(3)), Poll::Ready(Err(SendError(3))));
    assert_eq!(poll(&mut receiver.recv()), Poll::Ready(Some(1)));
    assert_eq!(poll(&mut receiver.recv()), Poll::Ready(None));
    assert_eq!(poll(&mut pending), Poll::Ready(Err(SendError(2))));
    assert_eq!(
        poll(&mut receiver.recv()),
        Poll::Ready(None),
        "and so it stays"
    );
}

#[test]
fn the_close_wakes_every_waiting_receiver() {
    let (sender, receiver) = channel::<u8>("c", 0);
    let flags = [Flag::new(), Flag::new()];
    let mut receives = [receiver.recv(), receiver.recv()];
    for (receive, flag) in receives.iter_mut().zip(&flags) {
        assert_eq!(polls(receive, flag), Poll::Pending);
    }
    sender.close();
    for (receive, flag) in receives.iter_mut().zip(&flags) {
        assert!(flag.take());
        assert_eq!(poll(receive), Poll::Ready(None));
    }
}

#[test]
fn a_receiver_is_told_of_the_end_only_when_nothing_can_come_any_more() {
    let (sender, receiver) = channel("c", 1);
    let (mut first, mut second) = (receiver.recv(), receiver.recv());
    let woken = Flag::new();
    assert_eq!(poll(&mut first), Poll::Pending);
    assert_eq!(polls(&mut second, &woken), Poll::Pending);
    assert_eq!(poll(&mut sender.send(1)), Poll::Ready(Ok(())));
    sender.close();
    assert_eq!(
        polls(&mut second, &woken),
        Poll::Pending,
        "the value is promised to the first, who may still give it up"
    );
    drop(first);
    assert!(woken.take());
    assert_eq!(poll(&mut second), Poll::Ready(Some(1)));
}

#[test]
fn a_late_comer_waits_at_a_closed_channel_for_what_is_promised_to_others() {
    let (sender, receiver) = channel("c", 1);
    let mut first = receiver.recv();
    assert_eq!(poll(&mut first), Poll::Pending);
    assert_eq!(poll(&mut sender.send(1)), Poll::Ready(Ok(())));
    sender.close();
    let mut late = receiver.recv();
    assert_eq!(
        poll(&mut late),
        Poll::Pending,
        "the first may still give the value up"
    );
    drop(first);
    assert_eq!(poll(&mut late), Poll::Ready(Some(1)));
}

#[test]
fn whoever_polled_last_is_woken() {
    let (sender, receiver) = channel("w", 0);
    let (before, now) = (Flag::new(), Flag::new());
    let mut receive = receiver.recv();
    assert_eq!(polls(&mut receive, &before), Poll::Pending);
    assert_eq!(polls(&mut receive, &now), Poll::Pending);
    let mut send = sender.send(1);
    assert_eq!(polls(&mut send, &before), Poll::Pending);
    assert!(now.take() && !before.take());

    assert_eq!(polls(&mut send, &now), Poll::Pending);
    assert_eq!(poll(&mut receive), Poll::Ready(Some(1)));
    assert!(now.take() && !before.take());
}

#[test]
fn the_channel_closes_with_its_last_sender() {
    let (sender, receiver) = channel("c", 1);
    let other = sender.clone();
    assert_eq!(poll(&mut sender.send(1)), Poll::Ready(Ok(())));
    drop(sender);
    assert!(!receiver.is_closed());
    drop(other);
    assert!(receiver.is_closed());
    assert_eq!(poll(&mut receiver.recv()), Poll::Ready(Some(1)));
    assert_eq!(poll(&mut receiver.recv()), Poll::Ready(None));
}

#[test]
fn values_are_dropped_with_the_last_receiver_and_may_use_the_channel_meanwhile() {
    struct Nosy(
        sync::Sender<Option<Nosy>>,
        #[expect(dead_code, reason = "only counted")] Arc<()>,
    );
    impl Drop for Nosy {
        fn drop(&mut self) {
            assert!(self.0.is_closed());
        }
    }
    let (sender, receiver) = channel("c", 1);
    let count = Arc::new(());
    let nosy = Nosy(sender.clone(), Arc::clone(&count));
    assert!(poll(&mut sender.send(Some(nosy))).is_ready());
    let other = receiver.clone();
    drop(receiver);
    assert_eq!(Arc::strong_count(&count), 2);
    drop(other);
    assert_eq!(Arc::strong_count(&count), 1);
    assert!(matches!(
        poll(&mut sender.send(None)),
        Poll::Ready(Err(SendError(None)))
    ));
}

#[test]
fn errors_show_no_values() {
    let error = SendError("secret");
    assert_eq!(error.to_string(), "the channel is closed");
    assert!(!format!("{error:?}").contains("secret"));
}
