//! Frames for the operators' live map: everybody, and the bodies that moved since the frame before. The map draws the
//! world's file, so a body has the number that it has there, also when it is a copy that came for one that fell out.

use otherworld_core::input::radians;
use otherworld_core::snapshot::BodyPose;
use otherworld_core::{EntityId, SeatId, Tick, Vec3};
use otherworld_instance::{BodyPose as ToldBody, TelemetryFrame, TelemetryPlayer};
use otherworld_scene::Scene;

use crate::simulation::Simulation;

/// A body that moved by less is where it was (unit: metres).
const STILL: f32 = 1e-3;

/// Which body was in each slot when it was last told, and where.
pub struct Telemetry {
    told: Vec<(EntityId, Vec3)>,
}

impl Telemetry {
    /// Nothing was told yet; the first frame asks for all bodies anyway.
    pub fn new(simulation: &Simulation) -> Self {
        let slots = simulation.bodies().len();
        Self {
            told: vec![Default::default(); slots],
        }
    }

    /// Fills an empty frame; allocates nothing while its rooms suffice.
    pub fn fill(
        &mut self,
        frame: &mut TelemetryFrame,
        tick: Tick,
        simulation: &Simulation,
        seat_of: impl Fn(usize) -> Option<SeatId>,
    ) {
        frame.tick = tick;
        let slots = simulation.avatars().iter().enumerate();
        frame.players.extend(slots.filter_map(|(slot, avatar)| {
            let shown = avatar.as_ref()?.shown;
            Some(TelemetryPlayer {
                seat: seat_of(slot)?,
                position: shown.position.into(),
                yaw: radians(shown.yaw),
                grounded: shown.grounded,
            })
        }));
        for (body, told) in simulation.bodies().iter().zip(&mut self.told) {
            let Some(body) = body else {
                continue;
            };
            let pose = &body.shown;
            let moved = pose.entity != told.0 || (pose.position - told.1).length() > STILL;
            if frame.all_bodies || moved {
                *told = (pose.entity, pose.position);
                frame.bodies.push(told_body(Scene::entity(body.of), pose));
            }
        }
    }
}

fn told_body(entity: EntityId, body: &BodyPose) -> ToldBody {
    let [qx, qy, qz, qw] = body.rotation;
    let Vec3 { x, y, z } = body.position;
    ToldBody {
        entity: entity.0,
        x,
        y,
        z,
        qx,
        qy,
        qz,
        qw,
    }
}
