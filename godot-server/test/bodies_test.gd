## Bodies come and go: at a script's wish, and out of the abyss back to their place in the scene.
extends "res://test/case.gd"

## So long a body that fell out of the world stays away (unit: ticks).
const AWAY := 60
const DEEP := Vector3(0.0, -40.0, 0.0)


func test_a_body_comes_and_goes_as_told() -> void:
	var probe := plaza(1)
	if probe == null:
		return
	var crate := heaviest_body(probe)
	var before := entities(probe)
	var at := Transform3D(Basis.IDENTITY, Vector3(0.0, 8.0, 0.0))
	var entity: int = probe.spawn(crate, at)
	var slot := slot_of(probe, entity)
	check(slot >= 0 and entity not in before, "entity %d is in slot %d" % [entity, slot])
	check(probe.body_of(slot) == crate, "it is a copy of %d" % probe.body_of(slot))
	check(probe.shown_body(slot).is_equal_approx(at.origin), "shown at %s" % probe.shown_body(slot))
	var body: RID = probe.body(slot)
	check(is_equal_approx(mass_of(body), mass_of(probe.body(crate))), "%f kg" % mass_of(body))
	await play(probe, 20)
	check(probe.captured_body(slot).y < 7.0, "it does not fall: %s" % probe.captured_body(slot))
	check(probe.despawn(entity), "it cannot be taken out")
	check(not probe.despawn(entity), "it can be taken out twice")
	await play(probe, 2 * AWAY)
	check(entities(probe) == before, "%s became %s" % [before, entities(probe)])
	var again: int = probe.spawn(crate, at)
	check(again > entity, "entity %d comes after %d" % [again, entity])


func test_a_body_without_a_slot_does_not_come() -> void:
	var probe := plaza(1)
	if probe == null:
		return
	var free: int = probe.body_slots() - probe.body_count()
	for number in free:
		var at := Transform3D(Basis.IDENTITY, Vector3(0.0, 8.0 + number, 0.0))
		check(probe.spawn(0, at) != 0, "%d of %d" % [number, free])
	check(probe.spawn(0, Transform3D.IDENTITY) == 0, "there were more slots than slots")
	await play(probe, 1)


func test_a_body_below_the_abyss_comes_again_where_the_scene_has_it() -> void:
	var probe := plaza(1)
	if probe == null:
		return
	var crate := heaviest_body(probe)
	var home: Vector3 = probe.captured_body(crate)
	var before := entities(probe)
	var entity: int = probe.body_entity(crate)
	put(probe.body(crate), DEEP)
	await play(probe, 1)
	check(probe.body_entity(crate) == 0, "it is still there")
	await play(probe, AWAY - 1)
	check(probe.body_entity(crate) == 0, "it came before its time")
	await play(probe, 1)
	var came := difference(entities(probe), before)
	check(came.size() == 1, "%s came" % [came])
	check(not entities(probe).has(entity), "its old name came back")
	if came.is_empty():
		return
	var slot := slot_of(probe, came[0])
	check(probe.body_of(slot) == crate, "it is a copy of %d" % probe.body_of(slot))
	var apart := home.distance_to(probe.captured_body(slot))
	check(apart < 0.05, "it came %f m from its place" % apart)


func test_players_who_stand_on_a_body_that_goes_fall_to_the_ground() -> void:
	var probe := plaza(1)
	if probe == null:
		return
	var crate := heaviest_body(probe)
	var at := Transform3D(Basis.IDENTITY, Vector3(0.0, 0.5, -2.0))
	var entity: int = probe.spawn(crate, at)
	probe.join_at(0, Vector3(0.0, 2.5, -2.0))
	await play(probe, 60)
	check(probe.feet(0).y > 0.5, "the player is not on the crate: %s" % probe.feet(0))
	probe.despawn(entity)
	await play(probe, 60)
	check(absf(probe.feet(0).y) < 0.05, "the player hangs at %s" % probe.feet(0))
	check(probe.grounded(0), "the player does not stand")


## The negative control of the tests over the network: they must notice it.
func test_frozen_bodies_are_shown_where_they_were_and_go_on_themselves() -> void:
	var probe := plaza(1)
	if probe == null:
		return
	var at := Transform3D(Basis.IDENTITY, Vector3(0.0, 8.0, 0.0))
	var slot := slot_of(probe, probe.spawn(heaviest_body(probe), at))
	await play(probe, 5)
	check(probe.shown_body(slot) == probe.captured_body(slot), "shown elsewhere before")
	var shown: Vector3 = probe.shown_body(slot)
	probe.freeze_shown_bodies()
	await play(probe, 20)
	check(probe.shown_body(slot) == shown, "it is shown to move")
	check(probe.captured_body(slot).y < shown.y - 1.0, "the server's own stands still")


static func entities(probe: RefCounted) -> Array[int]:
	var found: Array[int] = []
	for slot: int in probe.body_slots():
		if probe.body_entity(slot) != 0:
			found.append(probe.body_entity(slot))
	return found


static func slot_of(probe: RefCounted, entity: int) -> int:
	for slot: int in probe.body_slots():
		if probe.body_entity(slot) == entity:
			return slot
	return -1


static func difference(these: Array[int], those: Array[int]) -> Array[int]:
	return these.filter(func(entity: int) -> bool: return entity not in those)
