## Says whether the native library is there. Godot starts without it and would run for ever as an empty project, so
## every entry scene asks here first. The classes are looked up by name, so that scripts parse without the library.
extends RefCounted

const LIST := "res://.godot/extension_list.cfg"
const LIBRARY := "res://addons/otherworld/bin/libotherworld.so"


## One sentence that names what is missing and its cure; empty when [param type] can be made.
static func missing(type: StringName) -> String:
	if ClassDB.class_exists(type):
		return ""
	if not FileAccess.file_exists(LIBRARY):
		return (
			"%s is not there: build it with `cargo build --release -p otherworld-godot` in netcode/."
			% ProjectSettings.globalize_path(LIBRARY)
		)
	if not FileAccess.file_exists(LIST):
		return (
			"%s is not there: run `npm start`, or `godot --headless --import` once."
			% ProjectSettings.globalize_path(LIST)
		)
	return (
		"The library is there but has no class %s: it is older than this project; build it again."
		% type
	)
