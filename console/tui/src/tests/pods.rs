//! Pods: several versions side by side, gone ones, and a list that changes.

use std::sync::Arc;
use std::time::Duration;

use cutaway_model::{Cause, Message, Path, Pod, Scalar, Source, TargetId, TargetInfo};

use super::scene::{Scene, service};
use super::screens::check;
use crate::Options;
use crate::fleet::{Column, order};

fn info(id: u32, restarts: u32) -> TargetInfo {
    let name = format!("sales-api-6f7c9d5b8c-{id:05}");
    let pod = Pod {
        namespace: "sales-system".to_owned(),
        name: name.clone(),
        node: format!("node-{}", id % 2),
        restarts,
        version: "0.0.9".to_owned(),
    };
    TargetInfo {
        id: TargetId(id),
        url: format!("k8s:sales-system/pod/{name}:4000"),
        name,
        pod: Some(Arc::new(pod)),
    }
}

fn list(scene: &mut Scene, ids: &[u32]) {
    let infos = ids.iter().map(|id| info(*id, id % 3)).collect();
    scene.message(Message::Targets(infos));
}

/// Two old pods, two new ones, one that starts and one that is gone, half a minute long.
fn rollout(width: u16, height: u16) -> Scene {
    let mut scene = Scene::with(width, height, 0, Options::default());
    list(&mut scene, &[10, 11, 12, 13, 14, 15]);
    for second in 1..=30 {
        scene.tick(1_000);
        for id in 10..14 {
            let mut values = service(second + u64::from(id));
            let new = |path: &Path| path.to_string() == "build.commit" && id > 11;
            if let Some((_, commit)) = values.iter_mut().find(|(path, _)| new(path)) {
                *commit = Scalar::Text("77aa01c9d3".to_owned());
            }
            scene.sample(id, Source::Expvar, values);
        }
    }
    scene.fail(
        14,
        Cause::Starting("sales-api: ContainerCreating".to_owned()),
        1,
    );
    scene.fail(15, Cause::Gone("the pod was deleted".to_owned()), 0);
    scene.tick(300);
    scene
}

#[test]
fn a_rollout_shows_each_version() {
    for (width, height) in [(200, 60), (120, 40), (80, 24)] {
        let mut scene = rollout(width, height);
        scene.press("z");
        check(&format!("rollout_{width}x{height}"), &scene);
    }
}

#[test]
fn what_is_gone_or_starting_does_not_fail() {
    let scene = rollout(200, 60);
    assert_eq!(crate::fleet::troubles(&scene.state).0, 0);
    assert_eq!(crate::fleet::gone(&scene.state), 1);
    let versions: Vec<_> = crate::fleet::versions(&scene.state).iter().collect();
    let named = |version: &str, count| (version.to_owned(), count);
    let expected = [
        named("0.0.9", 1),
        named("0.1.0 3f9c2ab", 2),
        named("0.1.0 77aa01c", 2),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(version, count)| (version, count))
        .collect();
    assert_eq!(versions, expected, "who says nothing is what its pod says");
}

#[test]
fn pods_are_sorted_by_version_restarts_and_node() {
    let mut scene = rollout(200, 60);
    let sorted = |scene: &mut Scene, column| {
        scene.state.live.fleet.sort = column;
        scene.tick(1_000);
        let ids = order(&scene.state).iter();
        ids.map(|at| scene.state.targets[*at].info.id.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        sorted(&mut scene, Column::Version),
        [14, 15, 10, 11, 12, 13]
    );
    assert_eq!(
        sorted(&mut scene, Column::Restarts),
        [11, 14, 10, 13, 12, 15]
    );
    assert_eq!(sorted(&mut scene, Column::Node), [10, 12, 14, 11, 13, 15]);
}

#[test]
fn one_alone_says_where_it_runs_too() {
    let mut scene = rollout(200, 60);
    scene.message(Message::Targets(vec![info(10, 2)]));
    let text = scene.text();
    let header = text.lines().next().unwrap_or_default();
    for words in ["0.1.0 3f9c2ab", "2 restarts", "on node-0"] {
        assert!(header.contains(words), "{words}: {header}");
    }
}

#[test]
fn the_selection_stays_with_its_pod_and_a_shorter_list_is_drawn() {
    let mut scene = Scene::with(120, 40, 0, Options::default());
    let all: Vec<u32> = (0..40).collect();
    list(&mut scene, &all);
    scene.press("<up>");
    let selected = |scene: &Scene| scene.state.target().map(|target| target.info.id.0);
    scene.state.selected = 30;
    assert_eq!(selected(&scene), Some(30));
    list(&mut scene, &all[20..]);
    assert_eq!(selected(&scene), Some(30));
    assert!(scene.text().contains("sales-api-6f7c9d5b8c-00030"));
    list(&mut scene, &[1, 2, 3]);
    assert!(selected(&scene).is_some(), "the nearest one");
    drop(scene.text());
    list(&mut scene, &[]);
    drop(scene.text());
}

#[test]
fn what_is_known_of_a_pod_changes_and_its_history_stays() {
    let mut scene = rollout(200, 60);
    let at = scene.now + Duration::from_secs(1);
    scene.message(Message::Targets(vec![info(10, 7)]));
    let target = scene.state.target().expect("it is there");
    assert_eq!(target.info.pod.as_ref().map(|pod| pod.restarts), Some(7));
    assert!(target.variables.len() > 5 && target.health(at, Duration::from_secs(2)).has_news());
}
