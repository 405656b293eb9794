def two_tuples():
    import spans

    meetings = [spans.parse("9:00-10:30"), spans.parse("14:00-15:00")]
    # </snippet>


# In 2.x, a tuple would fail for another reason than the one that the page is about.
def two_spans():
    import spans

    meetings = [spans.Span.parse("9:00-10:30"), spans.Span.parse("14:00-15:00")]
    # </snippet>


# .. snippet-check:: 1.x
#    :runtime: spans 1
#    :setup: two_tuples
#    :output: 2.5
#
# .. snippet-check:: 2.x
#    :runtime: spans 2
#    :setup: two_spans
#    :fails: total() got an unexpected keyword argument 'in_hours'
def total_before():
    print(spans.total(meetings, in_hours=True))
    # </snippet>


# .. snippet-check::
#    :runtime: spans 2
#    :setup: two_spans
#    :output: 2.5
def total_after():
    print(spans.total(meetings, unit="hours"))
    # </snippet>
