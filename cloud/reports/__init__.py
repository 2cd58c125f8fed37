"""The Department's periodic report: what it says, as XLSX, PDF and CSV, and sent by e-mail when it is due."""
