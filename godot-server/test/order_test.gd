## The order of a tick (`netcode/godot/src/tick.rs`): what the last step of Jolt made is captured
## before anything else.
extends "res://test/case.gd"

const TICKS := 90
const CAPTURE := "tick %d: capture has %s, Jolt had %s before the tick"


## Poses and velocities are asked from Jolt just before each tick. A capture after the drive would
## find the driven velocity instead, and one that a step lies before or behind other places.
func test_tk6_capture_comes_before_the_drive_and_no_step_lies_between() -> void:
	var probe := plaza(1)
	if probe == null:
		return
	var crate := heaviest_body(probe)
	PhysicsServer3D.body_set_state(
		probe.body(crate),
		PhysicsServer3D.BODY_STATE_TRANSFORM,
		Transform3D(Basis.IDENTITY, Vector3(0.0, 0.5, -2.0))
	)
	probe.join_at(0, Vector3.ZERO)
	probe.set_input(0, 0.0, 1.0, 0.0, probe.RUN)
	var capsule: RID = probe.capsule(0)
	var before := {}
	var driven_apart := [0]
	var look := func(_tick: int) -> void:
		before.place = transform_of(capsule).origin
		before.velocity = velocity_of(capsule)
		before.crate = transform_of(probe.body(crate)).origin
	var compare := func(tick: int) -> void:
		var feet: Vector3 = before.place - Vector3(0.0, 0.85, 0.0)
		same(tick, probe.captured_feet(0), feet)
		same(tick, probe.captured_velocity(0), before.velocity)
		same(tick, probe.captured_body(crate), before.crate)
		var driven := velocity_of(capsule)
		var wanted: Vector3 = (probe.feet(0) - probe.captured_feet(0)) * 30.0
		check(driven.is_equal_approx(wanted), "tick %d: driven %s, not %s" % [tick, driven, wanted])
		driven_apart[0] += int(not driven.is_equal_approx(before.velocity))
	await play(probe, TICKS, look, compare)
	check(driven_apart[0] > TICKS / 10, "the drive changed too few velocities to tell anything")


func same(tick: int, captured: Vector3, jolt: Vector3) -> void:
	check(captured.is_equal_approx(jolt), CAPTURE % [tick, captured, jolt])
