## Runs the tests of this folder inside this Godot and ends with 0 when all of them passed.
##
##   OTHERWORLD_TEST_WORLD=plaza.glb godot --headless --fixed-fps 60 --path godot-server \
##     --script test/run.gd -- [PART]
##
## A test is a method `test_…` of a file `…_test.gd`; PART picks those whose file and name hold it.
## It fails by a check that does not hold, by any error that the engine reports meanwhile, and by
## checking nothing at all.
extends SceneTree

const FOLDER := "res://test/"
const EX_USAGE := 64

var _errors := ErrorCollector.new()
var _passed := 0
var _failed := 0


class ErrorCollector:
	extends Logger
	var lines: PackedStringArray = []

	func _log_error(
		function: String,
		file: String,
		line: int,
		code: String,
		rationale: String,
		_editor_notify: bool,
		error_type: int,
		_script_backtraces: Array[ScriptBacktrace]
	) -> void:
		if error_type != Logger.ERROR_TYPE_WARNING:
			lines.append(
				"%s:%d in %s: %s" % [file, line, function, rationale if rationale else code]
			)


func _initialize() -> void:
	OS.add_logger(_errors)
	_run()


func _run() -> void:
	await physics_frame
	var part := "".join(OS.get_cmdline_user_args())
	for file in _test_files():
		await _run_file(file, part)
	if _passed + _failed == 0:
		printerr("No test has %s in its name." % part)
		quit(EX_USAGE)
		return
	print("%d passed, %d failed" % [_passed, _failed])
	quit(1 if _failed else 0)


func _test_files() -> PackedStringArray:
	var files: PackedStringArray = []
	for file in DirAccess.get_files_at(FOLDER):
		if file.ends_with("_test.gd"):
			files.append(file)
	return files


func _run_file(file: String, part: String) -> void:
	var script: GDScript = load(FOLDER + file)
	if script == null or not script.can_instantiate():
		_report(file, ["it does not load"], 0)
		return
	for method: Dictionary in script.get_script_method_list():
		var test_name: String = method["name"]
		var title := "%s %s" % [file.trim_suffix("_test.gd"), test_name.trim_prefix("test_")]
		if test_name.begins_with("test_") and (part.is_empty() or part in title):
			await _run_test(script, test_name, title)


func _run_test(script: GDScript, test_name: String, title: String) -> void:
	_errors.lines.clear()
	var started := Time.get_ticks_msec()
	var case: RefCounted = script.new()
	case.tree = self
	await case.call(test_name)
	var problems: PackedStringArray = case.failures + _errors.lines
	if case.checks == 0:
		problems.append("it checked nothing")
	_report(title, problems, Time.get_ticks_msec() - started)


func _report(title: String, problems: PackedStringArray, elapsed_ms: int) -> void:
	if problems.is_empty():
		_passed += 1
		print("ok    %s (%d ms)" % [title, elapsed_ms])
		return
	_failed += 1
	print("FAIL  %s (%d ms)" % [title, elapsed_ms])
	for problem in problems:
		print("      ", problem)
