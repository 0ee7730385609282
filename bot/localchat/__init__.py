"""A local Telegram on loopback: a strict Bot API server, simulated people, and a chat page.

`server.LocalChatServer` serves one bot. Its `simulation` lets people write and shows what they see; its `faults` inject
errors. `methods` has the methods that the bot calls. `store` has the state that the people and the bot share.
"""
