def add_up():
    total = sum([1, 2, 3])
    print(total)
    # end


def test_add_up(capsys):
    add_up()
    assert capsys.readouterr().out == "6\n"
