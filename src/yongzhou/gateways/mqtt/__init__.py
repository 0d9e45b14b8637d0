"""MQTT 3.1.1 door on the MQTT of NATS: who may log in, what a message says, when it counts as kept."""
