## The step drives Jolt's capsules through the real plaza: over static geometry both are at the
## same place.
extends "res://test/case.gd"

const AGREEMENT := 0.002
const WALKERS := 30
const TICKS := 900
const SEED := 4711
const RAMP_LENGTH := 4.0


func test_jo1_over_static_geometry_jolt_follows_the_step_within_2_mm() -> void:
	var probe := plaza(WALKERS)
	if probe == null:
		return
	take_bodies_away(probe)
	var random := RandomNumberGenerator.new()
	random.seed = SEED
	for slot in WALKERS:
		var place := Vector3(random.randf_range(-28, 28), 6.0, random.randf_range(-28, 28))
		probe.join_at(slot, place)
	var deepest := [0.0]
	var wander := func(tick: int) -> void:
		for slot in WALKERS:
			if (tick + slot) % 23 == 0:
				push_randomly(probe, slot, random)
	var measure := func(tick: int) -> void:
		for slot in WALKERS:
			if (tick + slot) % 5 == 0:
				deepest[0] = maxf(deepest[0], depth_in_statics(probe, slot))
	await play(probe, TICKS, wander, measure)
	var agreement: Dictionary = probe.agreement()
	print("      seed %d: %s, deepest %.4f m" % [SEED, agreement, deepest[0]])
	check(agreement.agreed == WALKERS * (TICKS), "agreed %d times" % agreement.agreed)
	check(agreement.adopted == 0, "%d corrections on static geometry" % agreement.adopted)
	check(agreement.reset == 0, "%d resets" % agreement.reset)
	check(agreement.worst_agreed <= AGREEMENT, "%f m apart" % agreement.worst_agreed)
	check(agreement.respawned == 0, "%d fell out of the world" % agreement.respawned)
	check(deepest[0] <= 0.02, "%f m inside static bodies" % deepest[0])


func test_st_a_player_climbs_the_stairs() -> void:
	var probe := plaza(1)
	if probe == null:
		return
	probe.join_at(0, Vector3(3.6, 0.0, 1.0))
	probe.set_input(0, 0.0, 1.0, yaw_towards(Vector3.RIGHT), 0)
	var highest := [0.0]
	var look := func(_tick: int) -> void: highest[0] = maxf(highest[0], probe.captured_feet(0).y)
	await play(probe, 90, Callable(), look)
	check(absf(highest[0] - 2.0) < 0.01, "Jolt's body came up to %f m, not 2 m" % highest[0])
	await play(probe, 90)
	check(probe.feet(0).x > 14.0, "it stopped at x = %f" % probe.feet(0).x)
	check(absf(probe.feet(0).y) < 0.01, "down again it is at %f m" % probe.feet(0).y)


func test_st_ramps_up_to_50_degrees_are_climbed_and_steeper_ones_refused() -> void:
	var degrees := [20, 35, 45, 48, 50, 52, 60]
	var probe := plaza(degrees.size())
	if probe == null:
		return
	take_bodies_away(probe)
	var highest := {}
	for slot in degrees.size():
		highest[slot] = 0.0
		probe.join_at(slot, Vector3(-27.0, 0.0, -24.0 + 4.0 * slot))
		probe.set_input(slot, 0.0, 1.0, yaw_towards(Vector3.RIGHT), 0)
	var look := func(_tick: int) -> void:
		for slot: int in highest:
			highest[slot] = maxf(highest[slot], probe.captured_feet(slot).y)
	await play(probe, 120, Callable(), look)
	for slot in degrees.size():
		var top := RAMP_LENGTH * sin(deg_to_rad(degrees[slot]))
		var climbed: bool = highest[slot] > top - 0.1
		var said := "%d degrees: %f m of %f m" % [degrees[slot], highest[slot], top]
		check(climbed == (degrees[slot] <= 50), said)


func push_randomly(probe: RefCounted, slot: int, random: RandomNumberGenerator) -> void:
	var buttons: int = random.randi_range(0, 3)
	probe.set_input(
		slot,
		random.randf_range(-1, 1),
		random.randf_range(-1, 1),
		random.randf_range(-PI, PI),
		buttons
	)
