## Times ticks on the plaza without a network: rows of `players,ticks,tick_us_p50,tick_us_p99,
## tick_us_max,frame_us,resident_kib,allocations` on standard output, where a tick is ours
## (capture, step, drive), a frame is a tick with Jolt's two steps and everything else that Godot
## does, and allocations are those of Rust in all ticks: once everybody is in there must be none.
##
##   OTHERWORLD_TEST_WORLD=plaza.glb godot --headless --fixed-fps 60 --path godot-server \
##     --script test/bench.gd
extends SceneTree

const Case := preload("res://test/case.gd")
const CROWDS: Array[int] = [1, 50, 100]
const WARM_UP := 300
const TICKS := 1800
const SEED := 7

var _failed := false


func _initialize() -> void:
	_run()


func _run() -> void:
	await physics_frame
	print("players,ticks,tick_us_p50,tick_us_p99,tick_us_max,frame_us,resident_kib,allocations")
	for players in CROWDS:
		print(await _row(players))
	quit(1 if _failed else 0)


func _row(players: int) -> String:
	var case := Case.new()
	case.tree = self
	var probe := case.plaza(players)
	if probe == null:
		return "\n".join(case.failures)
	var random := RandomNumberGenerator.new()
	random.seed = SEED
	for slot in players:
		probe.join(slot)
	var times: PackedFloat64Array = []
	var wander := func(tick: int) -> void:
		for slot in players:
			if (tick + slot) % 23 == 0:
				_push_randomly(probe, slot, random)
	var asked := [0]
	var note := func(_tick: int) -> void:
		times.append(probe.tick_us())
		asked[0] += probe.tick_allocations()
	await case.play(probe, WARM_UP, wander)
	var started := Time.get_ticks_usec()
	await case.play(probe, TICKS, wander, note)
	var frame_us := (Time.get_ticks_usec() - started) / float(TICKS)
	times.sort()
	var share := func(part: float) -> float: return times[int(part * (TICKS - 1))]
	var row := [players, TICKS, share.call(0.5), share.call(0.99), share.call(1.0)]
	row += [frame_us, _resident_kib(), asked[0]]
	for stage: String in ["capture", "step", "drive"]:
		var us := [stage, probe.stage_us(stage, 0.5), probe.stage_us(stage, 0.99)]
		printerr("  %s: p50 %d us, p99 %d us" % us)
	if asked[0] > 0:
		_failed = true
		printerr("Rust asked for memory %d times in %d ticks" % [asked[0], TICKS])
	return "%d,%d,%.1f,%.1f,%.1f,%.0f,%d,%d" % row


func _push_randomly(probe: RefCounted, slot: int, random: RandomNumberGenerator) -> void:
	var yaw := random.randf_range(-PI, PI)
	probe.set_input(slot, 0.0, 1.0, yaw, random.randi_range(0, 3))


## Read line by line: a file of /proc has no length.
func _resident_kib() -> int:
	var status := FileAccess.open("/proc/self/status", FileAccess.READ)
	while status != null and not status.eof_reached():
		var line := status.get_line()
		if line.begins_with("VmRSS:"):
			return line.to_int()
	return 0
