"""Context compression for LangChain and LangGraph that loses nothing by default."""
