"""Lossless forms: one room a form, each with an encoder and the decoder that proves it."""
