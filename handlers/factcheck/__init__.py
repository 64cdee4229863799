"""The document a jurist reads and signs: everything the desk asks and says, drawn from the program itself."""
