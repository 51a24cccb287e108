## `OtherworldServer` as a node: what it says when it cannot begin.
extends "res://test/case.gd"

const SERVER := &"OtherworldServer"
const EX_CONFIG := 78
const KEYS: PackedStringArray = [
	"AGONES_SDK_GRPC_PORT",
	"OTHERWORLD_CONTROL_URL",
	"OTHERWORLD_IDENTITY_FILE",
	"OTHERWORLD_UDP_BIND",
]


func test_a_missing_key_of_the_environment_is_named_with_its_cure() -> void:
	for key in KEYS:
		OS.set_environment(key, "")
	var said := []
	var server: Node = ClassDB.instantiate(SERVER)
	server.connect(&"stopped", func(code: int, reason: String) -> void: said.append([code, reason]))
	tree.root.add_child(server)
	check(said.size() == 1, "it said %s" % [said])
	check(said[0][0] == EX_CONFIG, "exit code %d" % said[0][0])
	var named := Array(KEYS).any(func(key: String) -> bool: return said[0][1].begins_with(key))
	check(named and said[0][1].contains("is not set; "), "no key and cure: %s" % said[0][1])
	await play_nothing(4)
	check(said.size() == 1, "it went on after its end: %s" % [said])
	server.free()


func play_nothing(frames: int) -> void:
	for _frame in frames:
		await tree.physics_frame
