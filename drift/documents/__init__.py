"""The JSON files of the contract, read and written as AWS's analyzer reads and writes them."""
