"""Updates of a machine: signed bundles, put in force by one link, confirmed when healthy, otherwise taken back.

``store`` ``system`` ``health`` ``switch`` ``guard`` ``stage`` use the standard library alone: they run with Debian's
own Python out of a release's tree, whatever has become of the environment of the programs.
"""
