//! The lanes of a timeline, made when something first happens in them.

use std::collections::{BTreeMap, HashMap};

use lab_format::{Lane, LaneId, LaneKind, SpanKind};
use sync::ResourceKind;

use crate::recorder::{Recording, Resource};

pub(super) struct Lanes<'a> {
    recording: &'a Recording,
    all: Vec<Lane>,
    tasks: HashMap<u32, LaneId>,
    resources: BTreeMap<u32, LaneId>,
}

impl<'a> Lanes<'a> {
    pub(super) fn new(recording: &'a Recording) -> Self {
        Self {
            recording,
            all: Vec::new(),
            tasks: HashMap::new(),
            resources: BTreeMap::new(),
        }
    }

    /// The lane of a task; code outside named tasks has none.
    pub(super) fn task(&mut self, task: u32) -> Option<LaneId> {
        if task == 0 {
            return None;
        }
        if let Some(lane) = self.tasks.get(&task) {
            return Some(*lane);
        }
        let lane = self.add(self.task_name(task), LaneKind::Task);
        self.tasks.insert(task, lane);
        Some(lane)
    }

    pub(super) fn task_name(&self, task: u32) -> String {
        let name = self.recording.tasks.get(&task).cloned();
        name.unwrap_or_else(|| format!("task {task}"))
    }

    /// A task turns out to be a thread of its own.
    pub(super) fn is_thread(&mut self, task: u32) {
        if let Some(lane) = self.task(task) {
            self.all[lane.0 as usize].kind = LaneKind::Thread;
        }
    }

    /// What a task is that has a lane.
    pub(super) fn kind(&self, task: u32) -> Option<LaneKind> {
        let lane = self.tasks.get(&task)?;
        Some(self.all[lane.0 as usize].kind)
    }

    pub(super) fn resource(&mut self, resource: u32) -> LaneId {
        if let Some(lane) = self.resources.get(&resource) {
            return *lane;
        }
        let lane = self.add(self.resource_name(resource), LaneKind::Resource);
        self.resources.insert(resource, lane);
        lane
    }

    pub(super) fn resource_name(&self, resource: u32) -> String {
        let known = self.known(resource);
        known.map_or_else(
            || format!("resource {resource}"),
            |known| known.name.clone(),
        )
    }

    pub(super) fn known(&self, resource: u32) -> Option<&'a Resource> {
        self.recording.resources.get(&resource)
    }

    /// Whether who waits for it blocks its thread.
    pub(super) fn waiting(&self, resource: u32) -> SpanKind {
        match self.known(resource) {
            Some(known) if known.kind.blocks() => SpanKind::Blocked,
            _ => SpanKind::Waiting,
        }
    }

    /// The channels that have a lane, and what is not known to be something else.
    pub(super) fn channels(&self) -> Vec<u32> {
        let channel = |resource: &u32| {
            let known = self.known(*resource);
            known.is_none_or(|known| known.kind == ResourceKind::Channel)
        };
        self.resources.keys().copied().filter(channel).collect()
    }

    pub(super) fn add(&mut self, name: String, kind: LaneKind) -> LaneId {
        let id = LaneId(self.all.len() as u32);
        self.all.push(Lane::new(id, name, kind));
        id
    }

    /// Workers come first, by name: what they do explains the rest.
    pub(super) fn finish(mut self) -> Vec<Lane> {
        let worker = |lane: &Lane| (lane.kind == LaneKind::Worker).then(|| lane.name.clone());
        self.all.sort_by_key(|lane| match worker(lane) {
            // Shorter first: 2 before 10.
            Some(name) => (0, name.len(), name),
            None => (1, 0, String::new()),
        });
        self.all
    }
}
