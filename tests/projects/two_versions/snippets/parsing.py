# .. snippet-check:: 1.x
#    :runtime: spans 1
#    :output: (540, 630)
#
# .. snippet-check:: 2.x
#    :runtime: spans 2
#    :fails: module 'spans' has no attribute 'parse'
def parse_before():
    import spans

    print(spans.parse("9:00-10:30"))
    # </snippet>


# .. snippet-check::
#    :runtime: spans 2
#    :output: Span(start=540, end=630)
def parse_after():
    from spans import Span

    print(Span.parse("9:00-10:30"))
    # </snippet>
