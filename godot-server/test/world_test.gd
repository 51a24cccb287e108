## The world as Godot has it.
extends "res://test/case.gd"


func test_the_extension_is_there_and_jolt_runs() -> void:
	check(ClassDB.class_exists(&"OtherworldServer"), "no class OtherworldServer")
	check(ClassDB.class_exists(PROBE), "no class OtherworldProbe")
	var engine: String = ProjectSettings.get_setting("physics/3d/physics_engine")
	check(engine == "Jolt Physics", "the physics engine is %s" % engine)


func test_the_plaza_loads_with_all_its_bodies() -> void:
	var probe := plaza(1)
	if probe == null:
		return
	check(probe.body_count() == 200, "%d bodies" % probe.body_count())
	var ground := height_under(probe, Vector3(0.0, 5.0, 1.0))
	check(absf(ground) < 0.001, "the ground at the marker is at %f" % ground)
	var platform := height_under(probe, Vector3(9.3, 5.0, 1.0))
	check(absf(platform - 2.0) < 0.001, "the platform of stairs_a is at %f" % platform)


func test_a_broken_file_is_refused_in_words() -> void:
	var probe: RefCounted = ClassDB.instantiate(PROBE)
	var error: String = probe.load("glTF but not really".to_utf8_buffer(), 1)
	check(not error.is_empty(), "it was loaded")


func test_a_player_comes_to_a_spawn_point_and_leaves_nothing_behind() -> void:
	var probe := plaza(2)
	if probe == null:
		return
	probe.join(0)
	probe.join(1)
	var apart: float = probe.feet(0).distance_to(probe.feet(1))
	check(apart > 2.0 * RADIUS, "two newcomers stand %f m apart" % apart)
	await play(probe, 10)
	check(probe.grounded(0) and probe.grounded(1), "they do not stand")
	check(bodies_at(probe, 0) == 1, "no capsule where the player stands")
	var place: Vector3 = probe.feet(0)
	probe.leave(0)
	probe.join_at(0, place + Vector3(0.0, 20.0, 0.0))
	check(capsules_near(probe, place) == 0, "a capsule stayed behind")


## The judge of the other tests must be able to find somebody guilty.
func test_a_player_inside_a_wall_is_seen_to_be() -> void:
	var probe := plaza(2)
	if probe == null:
		return
	probe.join_at(0, Vector3(29.9, 0.0, 0.0))
	probe.join_at(1, Vector3(29.69, 0.0, 0.0))
	var depth := depth_in_statics(probe, 0)
	check(absf(depth - 0.2) < 0.01, "0.2 m deep, measured %f m" % depth)
	depth = depth_in_statics(probe, 1)
	check(depth < 0.001, "not in the wall, measured %f m" % depth)


func bodies_at(probe: RefCounted, slot: int) -> int:
	return capsules_near(probe, probe.feet(slot))


func capsules_near(probe: RefCounted, feet: Vector3) -> int:
	var query := PhysicsPointQueryParameters3D.new()
	query.position = feet + Vector3.UP
	query.collision_mask = PLAYER_LAYER
	return PhysicsServer3D.space_get_direct_state(probe.space()).intersect_point(query).size()


func height_under(probe: RefCounted, from: Vector3) -> float:
	var query := PhysicsRayQueryParameters3D.create(from, from + Vector3.DOWN * 10.0, STATIC_LAYER)
	var hit := PhysicsServer3D.space_get_direct_state(probe.space()).intersect_ray(query)
	check(not hit.is_empty(), "nothing under %s" % from)
	return hit.position.y if hit else NAN
