"""Servers on the loopback interface that speak the providers' protocols and record what they are sent."""
