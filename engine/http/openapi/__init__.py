"""The OpenAPI 3.1 description of the API, made of the types that it reads and writes.

It may use what answers are made of: results, views, objects. It must not handle requests.
"""
