## The instance's entry: adds the server and ends the process with the server's own exit code.
extends Node

const Extension := preload("res://addons/otherworld/extension.gd")
const SERVER := &"OtherworldServer"
const EX_SOFTWARE := 70


func _ready() -> void:
	var missing := Extension.missing(SERVER)
	if missing:
		printerr("otherworld: ", missing)
		get_tree().quit(EX_SOFTWARE)
		return
	var server: Node = ClassDB.instantiate(SERVER)
	server.name = "Server"
	server.connect(&"stopped", _on_server_stopped)
	add_child(server)


func _on_server_stopped(exit_code: int, reason: String) -> void:
	if exit_code != 0:
		printerr("otherworld: ", reason)
	get_tree().quit(exit_code)
