"""The numbers of a running process for other systems. Each module here needs the library whose name it has.

lockdep.exports.prometheus        pip install lockdep[prometheus]
lockdep.exports.opentelemetry     pip install lockdep[opentelemetry]
"""
