r"""The language in which calls, registrations and events are asked for.

An expression such as ``from ~ "^\+49" and status >= 400`` means the same on pages, in the live
tail and on the command line. :mod:`parser` makes a tree of it (:mod:`syntax`), which
:mod:`compiler` turns into one function for the fields of a table (:mod:`field`). Only the tables
themselves (``eventfields``, ``callfields``, ``bindingfields``) know what a call or an event is.
"""
