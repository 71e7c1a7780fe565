"""A package, because pyodata installs one of the same name, which would be found before a mere folder."""
