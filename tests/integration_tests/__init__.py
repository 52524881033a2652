"""Tests over the loopback interface."""
