"""The parts runs are built from. A folder is a family, a file is a component."""
