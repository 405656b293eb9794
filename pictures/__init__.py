"""Pictures of recorded numbers, for the pages of this site: plots, timelines and graphs, each with its table.

What is drawn comes from files that a command of its own has recorded; see ``benchmarks/record.py``. Building pages
measures nothing. All but :mod:`pictures.directive` is pure and knows neither Sphinx nor what was measured.
"""
