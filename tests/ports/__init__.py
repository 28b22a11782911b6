from pathlib import Path

import pytest

# Their assertions are to explain themselves as those of test modules do.
pytest.register_assert_rewrite(*(f"{__name__}.{path.stem}" for path in Path(__file__).parent.glob("contract_*.py")))
