"""A Telegram of one's own on loopback: a strict Bot API server, the people who use it, and a chat page.

`server.LocalChatServer` serves one bot; its `simulation` lets people write and shows what they see; its `faults` break
things on purpose. What the bot calls is in `methods`, what both sides share in `store`.
"""
