"""The description of the API in the words of OpenAPI 3.1, made of the types that it serves.

It may use what answers are made of: results, views, objects. It knows no request.
"""
