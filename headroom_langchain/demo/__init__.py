"""The main job on real tool outputs: a conversation with one of them, sent through a compressing chat model."""
