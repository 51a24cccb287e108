## What a test is made of: checks, ticks of a probe, and the world that the probes load.
extends RefCounted

const PROBE := &"OtherworldProbe"
const WORLD_KEY := "OTHERWORLD_TEST_WORLD"
## Steps of Jolt in a tick.
const STEPS_PER_TICK := 2
const STATIC_LAYER := 1
const PLAYER_LAYER := 2
const RADIUS := 0.3
const HEIGHT := 1.7
const STAIR := 0.3

var tree: SceneTree
var checks := 0
var failures: PackedStringArray = []


## Notes a failure unless [param holds].
func check(holds: bool, otherwise: String) -> void:
	checks += 1
	if not holds:
		failures.append(otherwise)


## The plaza with slots for [param capacity] players, or null and a failure.
func plaza(capacity: int) -> RefCounted:
	var path := OS.get_environment(WORLD_KEY)
	var glb := FileAccess.get_file_as_bytes(path) if path else PackedByteArray()
	check(not glb.is_empty(), "%s does not name a world: %s" % [WORLD_KEY, path])
	var probe: RefCounted = ClassDB.instantiate(PROBE)
	var error: String = probe.load(glb, capacity)
	check(error.is_empty(), error)
	return probe if failures.is_empty() else null


## Ticks, each followed by Jolt's steps. [param before] is called with the number of each tick,
## [param after] likewise, before Jolt steps.
func play(probe: RefCounted, ticks: int, before := Callable(), after := Callable()) -> void:
	for number in ticks:
		await tree.physics_frame
		if before.is_valid():
			before.call(number)
		probe.tick()
		if after.is_valid():
			after.call(number)
		for _step in STEPS_PER_TICK - 1:
			await tree.physics_frame


## The yaw with which forward is this direction.
static func yaw_towards(direction: Vector3) -> float:
	return atan2(-direction.x, -direction.z)


## A body's transform, asked from Jolt.
static func transform_of(body: RID) -> Transform3D:
	return PhysicsServer3D.body_get_state(body, PhysicsServer3D.BODY_STATE_TRANSFORM)


## A body's velocity, asked from Jolt.
static func velocity_of(body: RID) -> Vector3:
	return PhysicsServer3D.body_get_state(body, PhysicsServer3D.BODY_STATE_LINEAR_VELOCITY)


static func mass_of(body: RID) -> float:
	return PhysicsServer3D.body_get_param(body, PhysicsServer3D.BODY_PARAM_MASS)


## The index of the heaviest body that moves.
static func heaviest_body(probe: RefCounted) -> int:
	var heaviest := 0
	for index: int in probe.body_count():
		if mass_of(probe.body(index)) > mass_of(probe.body(heaviest)):
			heaviest = index
	return heaviest


## Puts a body down at rest.
static func put(body: RID, place: Vector3) -> void:
	var at := Transform3D(Basis.IDENTITY, place)
	PhysicsServer3D.body_set_state(body, PhysicsServer3D.BODY_STATE_TRANSFORM, at)
	PhysicsServer3D.body_set_state(body, PhysicsServer3D.BODY_STATE_LINEAR_VELOCITY, Vector3.ZERO)
	PhysicsServer3D.body_set_state(body, PhysicsServer3D.BODY_STATE_ANGULAR_VELOCITY, Vector3.ZERO)


## Leaves only the static world to meet.
static func take_bodies_away(probe: RefCounted) -> void:
	for index: int in probe.body_count():
		var body: RID = probe.body(index)
		PhysicsServer3D.body_set_collision_layer(body, 0)
		PhysicsServer3D.body_set_collision_mask(body, 0)
		PhysicsServer3D.body_set_mode(body, PhysicsServer3D.BODY_MODE_STATIC)


## How deep a player is inside Jolt's static bodies (unit: metres), asked of the bodies and not of
## the step's triangles. What counts is the body above the height of a stair, as in the step on the
## ground: below it, feet stand in treads and sills that they climb.
static func depth_in_statics(probe: RefCounted, slot: int) -> float:
	var raised := STAIR
	var shape := CapsuleShape3D.new()
	shape.radius = RADIUS
	shape.height = HEIGHT - raised
	var query := PhysicsShapeQueryParameters3D.new()
	query.shape = shape
	query.collision_mask = STATIC_LAYER
	var middle: Vector3 = probe.feet(slot) + Vector3.UP * (raised + shape.height / 2.0)
	query.transform = Transform3D(Basis.IDENTITY, middle)
	var space := PhysicsServer3D.space_get_direct_state(probe.space())
	var deepest := 0.0
	var points := space.collide_shape(query, 16)
	for pair in range(0, points.size(), 2):
		deepest = maxf(deepest, points[pair].distance_to(points[pair + 1]))
	return deepest
