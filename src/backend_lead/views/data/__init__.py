"""The data layer, decided once: tables, how they are asked, what leaves them and where it goes."""
