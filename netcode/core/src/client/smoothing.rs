//! Corrections are hidden from the eye: the state jumps to what is right, the shown place follows.
//!
//! The shown place is the state's place and an offset. A correction adds its opposite to the offset, which fades; so the
//! view moves on from where it was. The view is smoothed, never the state.

use crate::vec3::Vec3;

/// `[VW8]` A jump of this length is a teleport and shown at once (unit: metres).
pub(super) const TELEPORT: f32 = 2.0;

/// `[VW8]` The shown place is never farther from the true one (unit: metres).
const MOST: f32 = 0.5;

/// The offset falls to 37 % in this time (unit: seconds).
const FADE_S: f32 = 0.1;

/// Nobody sees an offset below this (unit: metres).
const UNSEEN: f32 = 1e-4;

/// How far what is shown is from what is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Smoothing {
    offset: Vec3,
}

impl Smoothing {
    /// `[VW8]` What was at `before` is at `after` from now on.
    pub fn hide(&mut self, before: Vec3, after: Vec3) {
        let jump = before - after;
        let length = jump.length();
        // Written so that NaN is a teleport.
        if length < TELEPORT {
            self.offset += jump;
            let length = self.offset.length();
            if length > MOST {
                self.offset = self.offset * (MOST / length);
            }
        } else {
            self.offset = Vec3::ZERO;
        }
    }

    /// So much time passes (unit: seconds).
    pub fn fade(&mut self, seconds: f32) {
        if self.offset != Vec3::ZERO {
            self.offset = self.offset * (-seconds / FADE_S).exp();
            if self.offset.length() < UNSEEN {
                self.offset = Vec3::ZERO;
            }
        }
    }

    /// What is to be added to the true place (unit: metres).
    #[must_use]
    pub fn offset(&self) -> Vec3 {
        self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vec3::vec3;

    #[test]
    fn vw8_a_correction_moves_the_view_on_from_where_it_was() {
        let mut smoothing = Smoothing::default();
        let (before, after) = (vec3(1.0, 0.0, 0.0), vec3(1.2, 0.0, 0.1));
        smoothing.hide(before, after);
        assert!((after + smoothing.offset() - before).length() < 1e-6);
        let mut distance = smoothing.offset().length();
        for _ in 0..60 {
            smoothing.fade(1.0 / 60.0);
            assert!(smoothing.offset().length() <= distance);
            distance = smoothing.offset().length();
        }
        assert_eq!(smoothing.offset(), Vec3::ZERO, "after a second it is over");
    }

    #[test]
    fn vw8_the_offset_is_bounded_and_a_teleport_is_shown_at_once() {
        let mut smoothing = Smoothing::default();
        for _ in 0..10 {
            smoothing.hide(vec3(0.4, 0.0, 0.0), Vec3::ZERO);
        }
        assert!(smoothing.offset().length() < MOST + 1e-6);
        smoothing.hide(vec3(30.0, 0.0, 0.0), Vec3::ZERO);
        assert_eq!(smoothing.offset(), Vec3::ZERO);
        smoothing.hide(vec3(f32::NAN, 0.0, 0.0), Vec3::ZERO);
        assert_eq!(smoothing.offset(), Vec3::ZERO);
    }
}
