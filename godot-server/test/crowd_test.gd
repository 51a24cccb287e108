## Players among dynamic bodies: these push, are pushed and bear weight, and nobody comes through a
## wall for it.
extends "res://test/case.gd"

const PLAYERS := 40
const TICKS := 900
## Inner faces of the plaza's walls (unit: metres).
const WALL := 30.0
const LIGHTEST_CRATE := 5.0
const DEEPEST := 0.02


func test_jo2_crates_push_nobody_into_a_wall() -> void:
	for random_seed in [1, 2, 3]:
		await crush(random_seed, Vector3(29.5, 0.0, 0.0), Vector3(0.0, 0.0, 1.0))


func test_jo2_crates_push_nobody_through_a_corner() -> void:
	for random_seed in [4, 5, 6]:
		await crush(random_seed, Vector3(29.5, 0.0, -29.0), Vector3(0.0, 0.0, 0.25))


## All crates lie at a place along a wall, and a crowd runs at them and at the wall.
func crush(random_seed: int, place: Vector3, along: Vector3) -> void:
	var probe := plaza(PLAYERS)
	if probe == null:
		return
	var random := RandomNumberGenerator.new()
	random.seed = random_seed
	var crates := bodies_from(probe, LIGHTEST_CRATE)
	for number in crates.size():
		var row := Vector3(-0.9 * (number % 3), 0.6 + 0.9 * (number / 24), 0.0)
		put(crates[number], place + row + along * (number % 24 - 12 * along.z))
	for slot in PLAYERS:
		var back := Vector3(random.randf_range(-5, -3), 0.0, 0.0)
		probe.join_at(slot, place + back + along * random.randf_range(0, 12))
	var worst := {"depth": 0.0, "outside": 0.0}
	var push := func(tick: int) -> void:
		for slot in PLAYERS:
			if (tick + slot) % 15 == 0:
				run_at(probe, slot, place, random)
	var measure := func(_tick: int) -> void:
		for slot in PLAYERS:
			var feet: Vector3 = probe.feet(slot)
			worst.depth = maxf(worst.depth, depth_in_statics(probe, slot))
			worst.outside = maxf(worst.outside, maxf(absf(feet.x), absf(feet.z)) - WALL + RADIUS)
	await play(probe, TICKS, push, measure)
	var agreement: Dictionary = probe.agreement()
	print("      seed %d: %s, worst %s m" % [random_seed, agreement, worst])
	check(agreement.adopted > PLAYERS * TICKS / 100, "the crates hardly touched anybody")
	check(worst.depth <= DEEPEST, "%f m inside static bodies" % worst.depth)
	check(worst.outside <= DEEPEST, "%f m into the wall" % worst.outside)
	check(agreement.respawned == 0, "%d fell out of the world" % agreement.respawned)


func test_jo2_a_light_crate_is_pushed_away() -> void:
	var probe := plaza(1)
	if probe == null:
		return
	var crate := bodies_from(probe, LIGHTEST_CRATE)[0]
	put(crate, Vector3(0.0, 0.25, -2.0))
	probe.join_at(0, Vector3.ZERO)
	probe.set_input(0, 0.0, 1.0, 0.0, 0)
	await play(probe, 60)
	check(transform_of(crate).origin.z < -3.0, "it is still at %s" % transform_of(crate).origin)
	check(probe.feet(0).z < -2.0, "the player stuck at %s" % probe.feet(0))


## A crate of two tonnes that nothing stops comes for a player with a wall behind them.
func test_jo2_a_crate_crushes_nobody_through_a_wall() -> void:
	var probe := plaza(1)
	if probe == null:
		return
	var crate: RID = probe.body(heaviest_body(probe))
	put(crate, Vector3(26.0, 0.5, 0.0))
	probe.join_at(0, Vector3(28.5, 0.0, 0.0))
	var met := [false, 0.0, 0.0]
	var roll := func(_tick: int) -> void: set_velocity(crate, Vector3(1.5, 0.0, 0.0))
	var measure := func(_tick: int) -> void:
		met[0] = met[0] or probe.feet(0).x > 28.6
		met[1] = maxf(met[1], depth_in_statics(probe, 0))
		met[2] = maxf(met[2], probe.feet(0).x)
	await play(probe, 150, roll, measure)
	print("      deepest %.4f m, furthest x %.4f m" % [met[1], met[2]])
	check(met[0], "the crate did not push the player")
	check(met[1] <= DEEPEST, "%f m inside static bodies" % met[1])
	check(met[2] <= WALL - RADIUS + DEEPEST, "came to x = %f m" % met[2])


func test_jo2_a_rising_crate_lifts_a_player() -> void:
	var probe := plaza(1)
	if probe == null:
		return
	var crate := heaviest_body(probe)
	var top := drop_onto(probe, crate)
	await play(probe, 40)
	var rise := func(_tick: int) -> void: set_velocity(probe.body(crate), Vector3(0.0, 1.0, 0.0))
	await play(probe, 60, rise)
	var risen := transform_of(probe.body(crate)).origin.y - top / 2.0
	check(risen > 1.0, "the crate rose by %f m" % risen)
	var apart: float = probe.feet(0).y - top - risen
	check(absf(apart) < 0.1, "feet are %f m above the risen crate" % apart)


func test_jo2_a_crate_bears_a_player_who_can_jump_from_it() -> void:
	var probe := plaza(1)
	if probe == null:
		return
	var crate := heaviest_body(probe)
	var top := drop_onto(probe, crate)
	await play(probe, 60)
	check(probe.grounded(0), "it does not stand on the crate")
	check(
		absf(probe.feet(0).y - top) < 0.03,
		"feet at %f m, crate's top at %f m" % [probe.feet(0).y, top]
	)
	probe.set_input(0, 0.0, 0.0, 0.0, probe.JUMP)
	var highest := [0.0]
	var look := func(_tick: int) -> void: highest[0] = maxf(highest[0], probe.feet(0).y)
	await play(probe, 20, Callable(), look)
	check(highest[0] > top + 0.6, "the jump came up to %f m" % highest[0])


func test_cr_a_moving_crate_carries_a_player_who_stands() -> void:
	var probe := plaza(1)
	if probe == null:
		return
	var crate := heaviest_body(probe)
	drop_onto(probe, crate)
	await play(probe, 40)
	var before: Vector3 = probe.feet(0) - transform_of(probe.body(crate)).origin
	var roll := func(_tick: int) -> void: set_velocity(probe.body(crate), Vector3(1.5, 0.0, 0.0))
	await play(probe, 60, roll)
	var after: Vector3 = probe.feet(0) - transform_of(probe.body(crate)).origin
	check(probe.feet(0).x > 2.5, "it was carried to x = %f m only" % probe.feet(0).x)
	check(before.distance_to(after) < 0.15, "it slid from %s to %s on the crate" % [before, after])


func test_cr_a_crate_carries_nobody_into_a_wall() -> void:
	var probe := plaza(1)
	if probe == null:
		return
	var crate := heaviest_body(probe)
	var top := drop_onto(probe, crate)
	put(probe.body(crate), Vector3(27.0, top / 2.0, 0.0))
	probe.leave(0)
	probe.join_at(0, Vector3(27.45, top + 0.2, 0.0))
	var worst := [0.0, 0.0]
	var roll := func(_tick: int) -> void: set_velocity(probe.body(crate), Vector3(1.5, 0.0, 0.0))
	var measure := func(_tick: int) -> void:
		worst[0] = maxf(worst[0], depth_in_statics(probe, 0))
		worst[1] = maxf(worst[1], probe.feet(0).x)
	await play(probe, 150, roll, measure)
	check(worst[1] > 29.0, "it came to x = %f m only" % worst[1])
	check(worst[0] <= DEEPEST, "%f m inside static bodies" % worst[0])


func test_fifty_balls_settle() -> void:
	var probe := plaza(1)
	if probe == null:
		return
	var balls: Array[RID] = []
	for index: int in probe.body_count():
		if balls.size() < 50 and is_ball(probe.body(index)):
			put(probe.body(index), Vector3(balls.size() % 10 - 4.5, 3.0, balls.size() / 10 - 2.5))
			balls.append(probe.body(index))
	check(balls.size() == 50, "%d balls" % balls.size())
	await play(probe, 30 * 20)
	var fastest := 0.0
	var lowest := INF
	var highest := 0.0
	for ball in balls:
		fastest = maxf(fastest, velocity_of(ball).length())
		lowest = minf(lowest, transform_of(ball).origin.y)
		highest = maxf(highest, transform_of(ball).origin.y)
	print("      fastest %.3f m/s, lowest middle %.3f m" % [fastest, lowest])
	check(fastest < 0.1, "one still rolls at %f m/s" % fastest)
	check(lowest > 0.05, "one sank to %f m" % lowest)
	check(highest < 2.0, "one hangs at %f m" % highest)


func run_at(probe: RefCounted, slot: int, place: Vector3, random: RandomNumberGenerator) -> void:
	var yaw := yaw_towards(place - probe.feet(slot)) + random.randf_range(-1.0, 1.0)
	if random.randf() < 0.3:
		yaw += PI
	probe.set_input(slot, 0.0, 1.0, yaw, random.randi_range(0, 3))


static func set_velocity(body: RID, velocity: Vector3) -> void:
	PhysicsServer3D.body_set_state(body, PhysicsServer3D.BODY_STATE_LINEAR_VELOCITY, velocity)


func drop_onto(probe: RefCounted, crate: int) -> float:
	var body: RID = probe.body(crate)
	var shape := PhysicsServer3D.body_get_shape(body, 0)
	var half: Vector3 = PhysicsServer3D.shape_get_data(shape)
	put(body, Vector3(0.0, half.y, -2.0))
	probe.join_at(0, Vector3(0.0, 2.0 * half.y + 0.5, -2.0))
	return 2.0 * half.y


static func bodies_from(probe: RefCounted, mass: float) -> Array[RID]:
	var found: Array[RID] = []
	for index: int in probe.body_count():
		if mass_of(probe.body(index)) >= mass and not is_ball(probe.body(index)):
			found.append(probe.body(index))
	return found


static func is_ball(body: RID) -> bool:
	var shape := PhysicsServer3D.body_get_shape(body, 0)
	return PhysicsServer3D.shape_get_type(shape) == PhysicsServer3D.SHAPE_SPHERE
